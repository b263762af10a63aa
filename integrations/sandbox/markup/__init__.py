"""How the trackers turn their own rich text into another form, and how they show it.

`adf_to_wiki` and `wiki_to_adf` are what Jira Cloud does between its two REST versions; `to_html` is what a person
sees. All are total: whatever the value, they answer, and text shows as text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import nh3

from integrations.sandbox.markup.adf import adf_problem, adf_to_html, adf_to_wiki
from integrations.sandbox.markup.markdown import markdown_to_html
from integrations.sandbox.markup.wiki import wiki_to_adf, wiki_to_html
from integrations.sandbox.records import Flavour

__all__ = ["adf_problem", "adf_to_wiki", "to_html", "to_plain", "wiki_to_adf"]

_TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code", "strong"),
    *("em", "b", "i", "u", "s", "del", "strike", "sub", "sup", "a", "table", "thead", "tbody", "tr", "th", "td"),
    *("div", "span", "details", "summary"),
}
_ATTRIBUTES = {"a": {"href", "title", "data-vss-mention"}, "span": {"class"}, "div": {"class"}, "ol": {"start"}}
_CLASSES = {"span": {"mention", "image", "status"}, "div": {"panel", "unknown"}}


def to_html(
    flavour: Flavour,
    body: Any,
    format: str = "html",
    *,
    name_of: Callable[[str], str] = str,
    browse: str = "/browse/",
) -> str:
    """A native body as safe HTML. `format` is "html" or "markdown" (Azure DevOps); `name_of` turns a mentioned id into
    a name; a bare item key is shown as a link to `browse` + key where the tracker does so."""
    if body is None or body == "":
        return ""
    if flavour == "azure-devops":
        html = markdown_to_html(str(body), name_of) if format.casefold() == "markdown" else str(body)
    elif isinstance(body, Mapping):
        html = adf_to_html(body, name_of)
    else:
        html = wiki_to_html(str(body), name_of, browse)
    attributes = {tag: names - {"class"} for tag, names in _ATTRIBUTES.items()}
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=attributes,
        allowed_classes=_CLASSES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


def to_plain(flavour: Flavour, body: Any) -> str:
    """A native body as Jira keeps it in a changelog and as a mail would quote it: Cloud's ADF as wiki text."""
    if body is None:
        return ""
    return adf_to_wiki(body) if isinstance(body, Mapping) else str(body)
