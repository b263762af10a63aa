"""Endpoints that no specification at hand describes, by name, each with its reason. A new one fails the run."""

from __future__ import annotations

import re
from functools import cache

_CLIENTS = "how the vendor's own client finds its resources; documented nowhere"
_OTHER_AREA = "described in the file of another area than work items and hooks, which is not at hand"
_IN_PROSE = "an administrator's webhooks are documented in prose only"

UNDESCRIBED: tuple[tuple[str, str, str, str], ...] = (
    ("azure-devops", r"OPTIONS /_apis", "OPTIONS _apis", _CLIENTS),
    ("azure-devops", r"GET /_apis/ResourceAreas(/[^/]+)?", "_apis/ResourceAreas", _CLIENTS),
    ("azure-devops", r"GET /_apis/ConnectionData", "_apis/ConnectionData", "not public; the web pages use it"),
    ("azure-devops", r"GET /_apis/projects(/[^/]+)?", "_apis/projects", _OTHER_AREA),
    ("azure-devops", r"GET /_apis/projects/[^/]+/teams(/[^/]+/members)?", "_apis/projects/teams", _OTHER_AREA),
    ("azure-devops", r"GET /_apis/Graph/\w+(/[^/]*)?", "_apis/graph", _OTHER_AREA),
    ("azure-devops", r"GET /_apis/AccessControlLists/[^/]+", "_apis/accesscontrollists", _OTHER_AREA),
    ("azure-devops", r"GET /_apis/SecurityNamespaces(/[^/]+)?", "_apis/securitynamespaces", _OTHER_AREA),
    ("azure-devops", r"GET /_apis/Permissions/[^/]+/\d+", "_apis/permissions", _OTHER_AREA),
    ("azure-devops", r"GET /_apis/Identities", "_apis/identities", _OTHER_AREA),
    ("jira-cloud", r"\w+ /rest/webhooks/1\.0/webhook(/[^/]+)?", "rest/webhooks/1.0", _IN_PROSE),
    ("jira-data-center", r"\w+ /rest/jira-webhook/1\.0/webhooks(/[^/]+)?", "rest/jira-webhook/1.0", _IN_PROSE),
    ("jira-data-center", r"GET /rest/pat/latest/tokens", "rest/pat", "when a token ends is documented in prose only"),
    ("jira-data-center", r"GET /secure/attachment/\d+/[^/]+", "secure/attachment", "an address for people's browsers"),
    (
        "jira-cloud",
        r"GET /rest/api/2/serverInfo",
        "rest/api/2/serverInfo",
        "what kind of Jira it is, before that is known",
    ),
    ("jira-data-center", r"GET /rest/api/3/myself", "rest/api/3/myself", "settings that say Cloud of a Data Center"),
    ("jira-data-center", r"GET /elsewhere/rest/.*", "elsewhere", "an address at which there is no Jira"),
    ("azure-devops", r"GET /_signin", "_signin", "an address for people's browsers"),
)
"""(product, expression for "METHOD /path", name, why no specification describes it)."""
ASKED_BY_TESTS_ONLY: tuple[tuple[str, str, str, str], ...] = (
    ("jira-cloud", r"\w+ /rest/api/2/.*", "rest/api/2", "version 2 of Cloud has a specification that is not at hand"),
)
"""What the sandbox speaks and its own tests ask for, but the bot never."""


@cache
def undescribed(flavour: str, asked: str, *, by_tests: bool = False) -> str:
    """The name under which an endpoint, "GET /path", is on the list, or nothing."""
    known = UNDESCRIBED + (ASKED_BY_TESTS_ONLY if by_tests else ())
    found = (name for product, pattern, name, _ in known if product == flavour and re.fullmatch(pattern, asked, re.I))
    return next(found, "")
