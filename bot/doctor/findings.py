"""What the doctor says of one thing, and what a tracker's errors mean to who has set it up."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.tracker import (
    Conflict,
    Incomplete,
    Invalid,
    Missing,
    NoAudience,
    NotSignedIn,
    Refused,
    Throttled,
    TrackerError,
    Unintelligible,
    Unreachable,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `remedy` says what to do, or what follows from it."""

    ok: bool
    what: str
    remedy: str = ""


_WAYS = (
    ("host name", "Check the host in the url, and that this machine's DNS knows it."),
    ("nothing listens", "Check host and port of the url: the machine is there, and refuses that port."),
    ("speak TLS", "That port speaks plain http, or it is another one's: check the port of the url."),
    ("certificate", "Name the authority that signed the tracker's certificate (PEM) under ca_bundle."),
    ("proxy", "Check proxy, or HTTPS_PROXY and NO_PROXY of the environment: does the proxy let this machine through?"),
    (
        "never called",
        "Use the tracker's own address: link-local ones, and those by which clouds tell secrets, are barred.",
    ),
)
CHECK_TOKEN = "Check the token (is it expired?), the user beside it, and that this account may see the project."  # noqa: S105 - what to do, no secret
CHECK_AZURE_TOKEN = (  # it has no user beside it
    "Check the token: is it expired, is it for this organisation, and does it have the scope "  # noqa: S105 - no secret
    "Work Items: Read & write (vso.work_write)?"
)
CHECK_SCOPE = (
    "The bot is signed in, so the token is good; does it have the scopes Work Items: Read & write (vso.work_write), "
    "and Project and Team: Read?"
)
GIVE_REQUIRED = "Give them under required_fields of the project, or have the tracker ask for none."
CHECK_URL = "Check the url, and that this machine can reach it."


def what_is(error: TrackerError) -> str:
    """What has happened; holds no ticket text and no secret."""
    match error:
        case Refused():
            return (
                f"the tracker refuses: {error.missing} is missing" if error.missing else "the tracker refuses the token"
            )
        case Missing():
            return "the tracker knows nothing of that name, or hides it from the bot"
        case Throttled():
            return f"the tracker asks to wait {error.retry_after:.0f} s"
        case Unreachable():
            return f"the tracker does not answer: {error}"
        case Unintelligible():
            return "the answer is not the tracker's"
        case Incomplete():
            return f"the project requires values for: {', '.join(error.fields)}"
        case NoAudience():
            return str(error)
        case Invalid():
            return f"the tracker does not take it: {error}" + (f'. It says: "{error.told}"' if error.told else "")
        case Conflict():
            return f"somebody else was faster: {error}"
    return "the tracker answered with an error"


def remedy_inside(error: TrackerError) -> str:
    """What to do where the tracker has let the account in before."""
    is_shut = isinstance(error, NotSignedIn) and not error.has_user
    return CHECK_SCOPE if is_shut else remedy_for(error)


def remedy_for(error: TrackerError) -> str:
    """What to do about it."""
    match error:
        case NotSignedIn():
            return CHECK_TOKEN if error.has_user else CHECK_AZURE_TOKEN
        case Refused() if error.missing:
            return "Give the bot's account that right; the guide of the product says where."
        case Refused():
            return CHECK_TOKEN
        case Missing():
            return "Check the spelling, and that the bot's account may browse it."
        case Unreachable():
            told = str(error)
            return next((remedy for word, remedy in _WAYS if word in told), CHECK_URL)
        case Unintelligible():
            return "Often a sign-in page or a proxy: check the url and the token."
        case Incomplete():
            return GIVE_REQUIRED
        case NoAudience():
            return "See comments_for of the project: steward doctor says which roles there are, and who is in them."
        case Invalid():
            return "Ask an administrator of the project; steward doctor names the rights that lack."
        case Conflict():
            return "Run it again."
    return "Try again later."
