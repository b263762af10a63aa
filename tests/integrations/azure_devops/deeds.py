"""What tests of writing do: make items, apply changes as a worker does that has slept in between, take them back."""

from __future__ import annotations

import json
from dataclasses import asdict

from integrations.azure_devops.client import AzureDevOpsConnection
from integrations.sandbox.records import Item
from integrations.sandbox.site import Mounted
from integrations.tracker import Plan, Receipt
from rules.changes import Change
from rules.model import WorkItem

POINTS = "Microsoft.VSTS.Scheduling.StoryPoints"
EFFORT = "Microsoft.VSTS.Scheduling.Effort"
CRITERIA_FIELD = "Microsoft.VSTS.Common.AcceptanceCriteria"
ACTIVITY = "Microsoft.VSTS.Common.Activity"


def make(
    ado: Mounted, summary: str = "Pay", *, type: str = "User Story", project: str = "Shop", **values: object
) -> Item:
    tracker = ado.tracker
    return tracker.create_item(tracker.user("dana"), project, type, summary, **values)  # type: ignore[arg-type]  # fields of the item


def edit(ado: Mounted, item: Item, who: str = "lee", **values: object) -> None:
    """A person changes an item."""
    ado.tracker.change_item(ado.tracker.user(who), item.id, values)


def read(bot: AzureDevOpsConnection, item: Item) -> WorkItem:
    return bot.reader.fetch(str(item.id))


def stored(plan: Plan) -> Plan:
    """The plan as it comes back from a store."""
    return Plan(**json.loads(json.dumps(asdict(plan))))


def remembered(receipt: Receipt) -> Receipt:
    told = json.loads(json.dumps(asdict(receipt)))
    return Receipt(**(told | {"writes": tuple(told["writes"])}))


def planned(bot: AzureDevOpsConnection, item: Item, change: Change, marker: str = "m1") -> Plan:
    return stored(bot.applier.plan(str(item.id), change, {}, marker))


def apply(bot: AzureDevOpsConnection, item: Item, change: Change, marker: str = "m1") -> Receipt:
    return remembered(bot.applier.perform(planned(bot, item, change, marker)))


def undo(bot: AzureDevOpsConnection, receipt: Receipt) -> Receipt:
    return bot.applier.perform(stored(bot.applier.plan_undo(receipt, "u1")))
