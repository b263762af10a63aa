"""Every event that Azure DevOps sends, what the bot does about it, and why. docs/webhooks.md shows this table.

https://learn.microsoft.com/azure/devops/service-hooks/events
"""

from __future__ import annotations

from collections.abc import Mapping

from integrations.tracker import Meaning

UPDATED = "workitem.updated"

EVENTS: Mapping[str, Meaning] = {
    "workitem.created": Meaning("created", "The item is read, and looked at once it has rested."),
    UPDATED: Meaning(
        "updated",
        "The item is read again, and looked at if what the rules read has changed. A comment raises this event too, "
        "and changes nothing that they read.",
    ),
    "workitem.commented": Meaning("commented", "The comment is read; a command in it is obeyed."),
    "workitem.deleted": Meaning("deleted", "If the item is gone, what is open on it is closed."),
    "workitem.restored": Meaning("updated", "The item is read again, and looked after as before."),
}
"""By the vendor's name."""

IGNORED_FAMILIES: Mapping[str, Meaning] = {
    prefix: Meaning("ignored", why)
    for prefix, why in {
        "build.": "Builds, releases and pipelines say nothing of a backlog.",
        "ms.": "Builds, releases and pipelines say nothing of a backlog.",
        "elasticagentpool.": "Builds, releases and pipelines say nothing of a backlog.",
        "git.": "Code says nothing of a backlog.",
        "tfvc.": "Code says nothing of a backlog.",
        "message.": "Messages of a team room are not part of an item.",
    }.items()
}
"""By how the names begin: what other parts of the product send."""


def meaning_of(name: str) -> Meaning | None:
    """What an event means; None for one that nobody has told us about."""
    if name in EVENTS:
        return EVENTS[name]
    return next((meaning for prefix, meaning in IGNORED_FAMILIES.items() if name.startswith(prefix)), None)
