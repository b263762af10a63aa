"""Who is looking, and whether a form really came from this page.

The sandbox has no passwords: whoever opens the page chooses whom to act as, and a cookie remembers it. What matters
is that no other site can press a button here, so each form carries the token of a cookie that only this page can read.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Request, Response, abort, g, request
from werkzeug.wrappers import Response as AnyResponse

from integrations.sandbox.cast import cast
from integrations.sandbox.records import NotFound, User
from integrations.sandbox.state import Tracker

PERSON_COOKIE = "sandbox_person"
TOKEN_COOKIE = "sandbox_form"  # noqa: S105  # the cookie's name
_FIRST_CHOICE = "dana"
_POLICY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def begin() -> None:
    """Before each request: knows the form token, and refuses a write that does not come from this page."""
    held = request.cookies.get(TOKEN_COOKIE, "")
    g.token = held if len(held) == 43 and held.isascii() else secrets.token_urlsafe(32)
    if request.method not in ("GET", "HEAD") and not (_from_here(request) and _carries(request, held)):
        abort(403)


def _from_here(asked: Request) -> bool:
    if asked.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    # Under our own referrer policy a browser calls the origin of this very page "null"; then the token decides.
    origin = asked.headers.get("Origin", "null")
    return origin == "null" or urlsplit(origin).netloc == asked.host


def _carries(asked: Request, held: str) -> bool:
    sent = asked.form.get("token", "")
    return bool(held) and hmac.compare_digest(sent.encode(), held.encode())


def end(response: Response) -> Response:
    """After each request: the headers of a page that trusts nobody's text."""
    for name, value in _POLICY.items():
        response.headers[name] = value
    if request.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-cache"
    elif request.cookies.get(TOKEN_COOKIE) != g.get("token", ""):
        response.set_cookie(TOKEN_COOKIE, g.token, httponly=True, samesite="Strict")
    return response


def token() -> str:
    """What the forms of this visitor must send."""
    held: str = g.token
    return held


def remember(response: AnyResponse, person: str) -> None:
    """Makes this login the one to act as from now on."""
    response.set_cookie(PERSON_COOKIE, person, httponly=True, samesite="Lax", max_age=90 * 24 * 3600)


def people(tracker: Tracker) -> list[tuple[User, str]]:
    """Whom one may act as, with the role in the first project: the cast and every member, not the bot."""
    roles = tracker.roles(tracker.projects()[0].key)
    known = {user.name for user, _ in cast(tracker.flavour, "plain")} | roles.keys()
    chosen = [user for user in tracker.users() if user.name in known and user.name != "steward" and user.active]
    return [(user, roles.get(user.name, "")) for user in _by_rank(chosen, roles)]


def _by_rank(users: Iterable[User], roles: dict[str, str]) -> list[User]:
    order = {"Administrators": 0, "Developers": 1, "Reporters": 2}
    return sorted(users, key=lambda user: (order.get(roles.get(user.name, ""), 3), user.name))


def person(tracker: Tracker) -> User:
    """The account to act as in this tracker."""
    for name in (request.cookies.get(PERSON_COOKIE, ""), _FIRST_CHOICE):
        try:
            found = tracker.user(name)
        except NotFound:
            continue
        if found.active:
            return found
    return people(tracker)[0][0]
