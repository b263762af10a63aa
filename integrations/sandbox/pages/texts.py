"""Rich texts on the page: shown as the tracker would show them, and written the way its editor would."""

from __future__ import annotations

import re
from html import escape, unescape
from typing import Any

from flask import request, url_for
from markupsafe import Markup

from integrations.sandbox.markup import to_html as shown_by_tracker
from integrations.sandbox.markup import to_plain, wiki_to_adf
from integrations.sandbox.records import NotFound, User
from integrations.sandbox.state import Tracker

_ANCHOR = re.compile(r'<a href="([^"<>]{1,2000})"([^<>]{0,200})>([^<>]{0,2000})</a>')
_ITEM_PATHS = ("/browse/", "/_workitems/edit/")


def to_html(tracker: Tracker, body: Any, format: str, viewer: User) -> Markup:
    """A description or comment in its native form as safe HTML; links to items of this tracker lead to this page."""

    def name_of(account: str) -> str:
        found = tracker.user_by_id(account)
        if found is None and tracker.flavour == "jira-data-center":
            found = next((user for user in tracker.users() if user.name == account), None)
        return account if found is None else found.display_name

    browse = url_for("item", name=tracker.name, key="")
    html = shown_by_tracker(tracker.flavour, body, format, name_of=name_of, browse=browse)
    return Markup(_ANCHOR.sub(lambda found: _anchor(tracker, viewer, found), html))  # noqa: S704  # sanitised there


def _anchor(tracker: Tracker, viewer: User, found: re.Match[str]) -> str:
    """A link to an item of this tracker as a link to its page, with its title where only the address was shown."""
    address, text = unescape(found[1]), unescape(found[3])
    path = address.removeprefix(request.host_url.rstrip("/"))
    inside = path.startswith(f"/{tracker.name}/") and any(part in path for part in _ITEM_PATHS)
    if not inside:
        return found[0]
    key = path.rstrip("/").rpartition("/")[2]
    try:
        item = tracker.item(key, viewer)
    except NotFound:
        return found[0]
    url = escape(url_for("item", name=tracker.name, key=item.key))
    words = f"{item.key} {item.summary}" if text == address else text
    return f'<a href="{url}">{escape(words)}</a>'


def to_source(tracker: Tracker, body: Any) -> str:
    """What the textarea holds: wiki text for both Jiras, the field's own HTML or Markdown for Azure DevOps."""
    return to_plain(tracker.flavour, body).replace("\r\n", "\n").strip()


def from_source(tracker: Tracker, text: str) -> Any:
    """The native form of what was written in the textarea of a description; None where it is empty."""
    text = _tidy(text)
    if not text:
        return None
    return wiki_to_adf(text) if tracker.flavour == "jira-cloud" else text


def from_talk(tracker: Tracker, text: str) -> Any:
    """The native form of a comment: wiki text for both Jiras, plain lines for Azure DevOps."""
    text = _tidy(text)
    if tracker.flavour == "azure-devops":
        return "".join(f"<div>{escape(line) or '<br>'}</div>" for line in text.split("\n"))
    return wiki_to_adf(text) if tracker.flavour == "jira-cloud" else text


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "").strip()
