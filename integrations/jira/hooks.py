"""The webhooks of Jira: seen and made by those who may Administer Jira, and told to a person click by click.

Cloud: https://developer.atlassian.com/cloud/jira/platform/webhooks/#registering-a-webhook-using-the-jira-rest-api
Data Center: https://confluence.atlassian.com/adminjiraserver/managing-webhooks-938846912.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from jira import JIRA

from integrations.jira.answers import UNDERSTOOD, json_of
from integrations.jira.session import Flavour, JiraSession
from integrations.jira.webhook.events import EVENTS
from integrations.tracker import Hook, Missing, Refused, Target, Wish

ADMINISTER = "the global permission Administer Jira"
COMMON_HOST = "api.atlassian.com"
UNSCOPED = "a token without scopes, used at the site's own address"
SIGNS_FROM = 10
"""The version of Data Center that signs its webhooks, and keeps them at another address."""
_FILTER = "issue-related-events-section"
_PATHS: Mapping[Flavour, str] = {
    "cloud": "rest/webhooks/1.0/webhook",
    "data_center": "rest/jira-webhook/1.0/webhooks",
}
_WANTED = tuple(name for name, meaning in EVENTS.items() if meaning.kind != "ignored")


class JiraHooks:
    """The Hooks port for both Jira products. `base_url` is where programs ask, `browse_url` the site of people."""

    def __init__(self, session: JiraSession, flavour: Flavour, base_url: str, browse_url: str) -> None:
        self._session, self._flavour, self._browse_url = session, flavour, browse_url
        self._path = _PATHS[flavour]
        self._is_scoped = urlsplit(base_url).hostname == COMMON_HOST

    def wishes(self, target: Target) -> tuple[Wish, ...]:
        """One hook tells all, of all projects."""
        return (Wish(_WANTED),)

    def found(self, target: Target) -> tuple[Hook, ...]:
        """Raises Refused also for a Data Center that cannot sign."""
        self._can_sign()
        answer = self._send("GET", self._path)
        with UNDERSTOOD:
            listed = answer if isinstance(answer, list) else answer["values"]
            return tuple(_hook(one) for one in listed)

    def install(self, target: Target, wish: Wish, hook: Hook | None = None) -> None:
        """The filter of a hook that is there is kept, where it names all projects."""
        self._can_sign()
        kept = hook.filter if hook is not None and all(key in hook.filter for key in target.projects) else ""
        body: dict[str, Any] = {
            "name": f"Backlog Steward: {target.connection}",
            "url": target.url,
            "events": sorted({*wish.events, *(hook.events if hook is not None else ())}),
            "filters": {_FILTER: kept or _jql(target.projects)},
            "excludeBody": False,
        }
        if self._flavour == "cloud":
            body |= {"secret": target.secret.secret, "enabled": True}
        else:
            body |= {"configuration": {"secret": target.secret.secret}, "active": True, "sslVerificationRequired": True}
        if hook is None:
            self._send("POST", self._path, body)
        else:
            self._send("PUT", f"{self._path}/{hook.id}", body)

    def clicks(self, target: Target) -> tuple[str, ...]:
        """What an administrator does on the page of webhooks."""
        where = "Settings (the cog), System" if self._flavour == "cloud" else "Administration, System, Advanced"
        needs = "" if self._flavour == "cloud" else f" (Jira {SIGNS_FROM}.0 or newer: an older one does not sign)"
        return (
            f'Open {self._browse_url}/plugins/servlet/webhooks ({where}, WebHooks) as somebody with "Administer Jira".',
            f'Press "Create a WebHook"{needs}.',
            f"Name: Backlog Steward: {target.connection}. Status: Enabled.",
            f"URL: {target.url}",
            f"Secret: what webhook_secret under [connections.{target.connection}] holds.",
            f"Issue related events, filter: {_jql(target.projects)}",
            "Tick: Issue created, updated, deleted; Comment created. Tick nothing else.",
            'Leave "Exclude body" alone, and press "Create".',
        )

    def _can_sign(self) -> None:
        if self._flavour == "cloud":
            return
        answer = self._session.get("serverInfo")
        with UNDERSTOOD:
            version = int(answer["versionNumbers"][0])
        if version < SIGNS_FROM:
            raise Refused(
                f"Jira {version} signs no webhooks",
                missing=f'Jira {SIGNS_FROM}.0, which signs its webhooks; with this one take intake = "poll"',
            )

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        """The address is outside the interface that the session knows."""

        def call(client: JIRA) -> Any:
            payload = None if body is None else json.dumps(body)
            answer = client._session.request(method, f"{client.server_url.rstrip('/')}/{path}", data=payload)
            return json_of(answer, f"{method} {path}")

        try:
            return self._session.ask(call, f"{method} {path}", needs=ADMINISTER, repeatable=method == "GET")
        except (Refused, Missing):
            if not self._is_scoped:
                raise
        raise Refused(f"{method} {path} is not offered to tokens with scopes", missing=UNSCOPED)


def _hook(one: Mapping[str, Any]) -> Hook:
    """In the words of either product: `enabled` or `active`, and `isSigned` on Cloud alone."""
    is_on = one.get("enabled", one.get("active", True))
    signed = one.get("isSigned")
    filters = one.get("filters") or {}
    identity = one.get("id") or str(one["self"]).rstrip("/").rpartition("/")[2]
    return Hook(
        id=str(int(identity)),
        url=str(one["url"]),
        events=tuple(map(str, one.get("events") or ())),
        state="on" if is_on else "off",
        signed=signed if isinstance(signed, bool) else None,
        filter=str(filters.get(_FILTER) or "") if isinstance(filters, dict) else "",
        trouble=_trouble(one.get("statistics")),
    )


def _trouble(statistics: object) -> str:
    counts = statistics.get("counts") if isinstance(statistics, dict) else None
    if not isinstance(counts, dict):
        return ""
    failed = sum(number for name in ("errors", "failures") if isinstance(number := counts.get(name), int))
    return f"{failed} deliveries of late failed" if failed else ""


def _jql(projects: Sequence[str]) -> str:
    quoted = ", ".join('"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"' for key in projects)
    return f"project in ({quoted})"
