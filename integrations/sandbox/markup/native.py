"""A text out of a file in the form that a flavour keeps it in."""

from __future__ import annotations

import re
from typing import Any

from integrations.sandbox.markup.adf import adf_to_wiki
from integrations.sandbox.markup.html import html_to_wiki
from integrations.sandbox.markup.markdown import markdown_to_html
from integrations.sandbox.markup.wiki import wiki_to_adf, wiki_to_html
from integrations.sandbox.records import Flavour

_KEY_LINK = re.compile(r'<a href="([A-Z][A-Z0-9]{1,9}-[0-9]{1,9})">[^<]{1,20}</a>')
"""Azure DevOps knows nothing of Jira's keys, so a key in a text is only a word there."""


def native(flavour: Flavour, body: Any, text_format: str) -> Any:
    """`body` is an ADF document (dict), or text in `text_format`: "wiki", "html" or "markdown"."""
    if flavour == "azure-devops":
        if text_format == "html" and isinstance(body, str):
            return body
        if text_format == "markdown" and isinstance(body, str):
            return markdown_to_html(body)
        return _KEY_LINK.sub(r"\1", wiki_to_html(_wiki(body, text_format), browse=""))
    if flavour == "jira-cloud" and isinstance(body, dict):
        return body
    wiki = _wiki(body, text_format)
    return wiki_to_adf(wiki) if flavour == "jira-cloud" else wiki


def _wiki(body: Any, text_format: str) -> str:
    if isinstance(body, dict):
        return adf_to_wiki(body)
    return html_to_wiki(body) if text_format == "html" else str(body)
