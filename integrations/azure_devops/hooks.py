"""The service hook subscriptions of Azure DevOps: one an event and project.

https://learn.microsoft.com/azure/devops/service-hooks/create-subscription
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from integrations.azure_devops.webhook.events import EVENTS
from integrations.tracker import Hook, HookState, Missing, Refused, Target, Unintelligible, Wish

if TYPE_CHECKING:  # importing it for real needs the package's cache directory to be named first
    from integrations.azure_devops.sdk import Session

_CLICKS: Mapping[str, str] = {
    "workitem.created": "Work item created",
    "workitem.updated": "Work item updated",
    "workitem.commented": "Work item commented on",
    "workitem.deleted": "Work item deleted",
    "workitem.restored": "Work item restored",
}
_FIRST = "workitem.created"
_STATES: Mapping[str, HookState] = {"enabled": "on", "onProbation": "on probation"}
_WHY: Mapping[str, str] = {
    "disabledByUser": "somebody switched it off",
    "disabledBySystem": "Azure DevOps switched it off, after failures",
    "disabledByInactiveIdentity": "whoever made it has left, or lost the right to it",
}
_NOT_SIGNED_IN = re.compile(r"\b401\b|\bunauthorized\b", re.IGNORECASE)  # the one is in the words of each language
_DETAILS = {"resourceDetailsToSend": "all", "messagesToSend": "none", "detailedMessagesToSend": "none"}


class AzureDevOpsHooks:
    """The Hooks port for Azure DevOps Services and Server."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def wishes(self, target: Target) -> tuple[Wish, ...]:
        """A subscription tells one event of one project."""
        return tuple(Wish((event,), project) for project in target.projects for event in EVENTS)

    def found(self, target: Target) -> tuple[Hook, ...]:
        """An account without the right to view subscriptions may be told that there are none."""
        names = {self._session.project_id(name): name for name in target.projects}
        listed = self._session.hooks.list_subscriptions(publisher_id="tfs", consumer_id="webHooks")
        ours = [one for one in listed if isinstance(one, dict) and one.get("consumerId") == "webHooks"]
        return tuple(self._hook(target, one, names) for one in ours)

    def install(self, target: Target, wish: Wish, hook: Hook | None = None) -> None:
        """The publisher's filters of a subscription that is there are kept."""
        consumer = {
            "url": target.url,
            "basicAuthUsername": target.secret.user,
            "basicAuthPassword": target.secret.secret,
            **_DETAILS,
        }
        if hook is None:
            project = self._session.project_id(wish.project)
            wanted = _subscription(wish.events[0], "1.0", {"projectId": project}, consumer)
            self._session.hooks.create_subscription(wanted)
            return
        known = self._session.hooks.get_subscription(hook.id)
        version, filters = str(known.get("resourceVersion") or "1.0"), _texts(known.get("publisherInputs"))
        kept = {**_texts(known.get("consumerInputs")), **consumer}
        wanted = _subscription(wish.events[0], version, filters, kept)
        wanted.id, wanted.status = hook.id, "enabled"
        self._session.hooks.replace_subscription(wanted, hook.id)

    def clicks(self, target: Target) -> tuple[str, ...]:
        """What an administrator of the project does under Service hooks."""
        lines = [
            f"Open {self._session.organisation_url}/{quote(project)}/_settings/serviceHooks "
            '(Project settings, Service hooks) as somebody with "Edit subscriptions".'
            for project in target.projects
        ]
        return (
            *lines,
            'Press "Create subscription", choose "Web Hooks", and press "Next".',
            f'Trigger: "{_CLICKS[_FIRST]}"; leave all filters at [Any], and press "Next".',
            f"URL: {target.url}",
            f"Basic authentication username: {target.secret.user}",
            f"Basic authentication password: what webhook_secret under [connections.{target.connection}] holds.",
            "Resource details to send: All. Messages to send: None. Detailed messages to send: None.",
            'Resource version: 1.0. Press "Test", then "Finish".',
            f"Do the same for the other triggers: {', '.join(_CLICKS[name] for name in EVENTS if name != _FIRST)}.",
        )

    def _hook(self, target: Target, one: Mapping[str, Any], names: Mapping[str, str]) -> Hook:
        status = str(one.get("status") or "enabled")
        consumer, publisher = _texts(one.get("consumerInputs")), _texts(one.get("publisherInputs"))
        identity, state = str(one.get("id") or ""), _STATES.get(status, "off")
        if not identity:
            raise Unintelligible("a subscription without an id")
        url, project = consumer.get("url", ""), publisher.get("projectId", "")
        last = self._last_failure(identity) if state != "on" and target.is_here(url) else ""
        why = _WHY.get(status, "") if target.is_here(url) else ""
        return Hook(
            id=identity,
            url=url,
            events=(str(one.get("eventType") or ""),),
            project=names.get(project.lower(), project),
            state=state,
            signed=consumer.get("basicAuthUsername") == target.secret.user,
            trouble=f"{why}; its last delivery: {last}" if why and last else why or last,
            unlike=bool(_NOT_SIGNED_IN.search(last)),
        )

    def _last_failure(self, identity: str) -> str:
        try:
            failed = self._session.hooks.get_notifications(identity, max_results=1, result="failed")
        except (Missing, Refused):
            return ""
        return next((_failure(one) for one in failed), "")


def _failure(notification: object) -> str:
    """In the product's words, which quote what we answered and nothing of an item."""
    details = notification.get("details") if isinstance(notification, dict) else None
    told = details.get("errorMessage") if isinstance(details, dict) else None
    return " ".join(str(told or "failed").split())[:120]


def _subscription(event: str, version: str, publisher: Mapping[str, str], consumer: Mapping[str, str]) -> Any:
    # Imported late: see the module `client`.
    from azure.devops.v7_1.service_hooks.models import Subscription

    return Subscription(
        publisher_id="tfs",
        event_type=event,
        resource_version=version,
        consumer_id="webHooks",
        consumer_action_id="httpRequest",
        publisher_inputs=dict(publisher),
        consumer_inputs=dict(consumer),
    )


def _texts(value: object) -> dict[str, str]:
    return {str(name): str(text) for name, text in value.items()} if isinstance(value, dict) else {}
