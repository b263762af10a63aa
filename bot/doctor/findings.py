"""What the doctor says of one thing, and what a tracker's errors mean to who has set it up."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.tracker import (
    Conflict,
    Incomplete,
    Invalid,
    Missing,
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
    ("certificate", "Name the authority that signed the tracker's certificate (PEM) under ca_bundle."),
    ("proxy", "Check proxy, or HTTPS_PROXY and NO_PROXY of the environment: does the proxy let this machine through?"),
    (
        "never called",
        "Use the tracker's own address: link-local ones, and those by which clouds tell secrets, are barred.",
    ),
)
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
        case Invalid():
            return f"the tracker does not take it: {error}"
        case Conflict():
            return f"somebody else was faster: {error}"
    return "the tracker answered with an error"


def remedy_for(error: TrackerError) -> str:
    """What to do about it."""
    match error:
        case Refused():
            return "Check the token (is it expired?), the user beside it, and that this account may see the project."
        case Missing():
            return "Check the spelling, and that the bot's account may browse it."
        case Unreachable():
            told = str(error)
            return next((remedy for word, remedy in _WAYS if word in told), CHECK_URL)
        case Unintelligible():
            return "Often a sign-in page or a proxy: check the url and the token."
        case Incomplete():
            return "Give them under required_fields of the project, or have the tracker ask for none."
        case Invalid():
            return "Ask an administrator of the project; steward doctor names the rights that lack."
        case Conflict():
            return "Run it again."
    return "Try again later."
