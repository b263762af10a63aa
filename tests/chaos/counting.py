"""What is counted at the end, from the tracker and the store: lost, doubled, applied twice, overwritten, untrue."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import wiring
from bot.settings import load
from bot.store import inbox, proposals
from bot.store.database import Database
from integrations.azure_devops.webhook import AzureDevOpsWebhook
from integrations.jira.webhook import JiraWebhook
from integrations.sandbox.records import Comment, Item
from integrations.tracker import Malformed, UnknownEvent
from tests import texts
from tests.chaos.people import BOT, Life, People
from tests.chaos.stage import CONNECTION, Stage

ENDED = ("finished", "ignored", "dead")
STRANDED = ("ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
"""States of a job in which the engine leaves it alone for ever."""
HEADING = "Acceptance criteria"
WANTED = {"accept": "accepted", "undo": "undone", "reject": "rejected"}
OVERTAKEN = ("withdrawn", "not_applied")
"""How a change may end if a person has edited the item since it was shown."""


@dataclass
class Counts:
    """Each list holds one sentence a case; the first five must be empty. `dead` letters are told apart."""

    lost: list[str] = field(default_factory=list)
    duplicate_comments: list[str] = field(default_factory=list)
    applied_twice: list[str] = field(default_factory=list)
    overwritten: list[str] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    accepted: int = 0
    finished: int = 0

    def clean(self) -> bool:
        return not (self.lost or self.duplicate_comments or self.applied_twice or self.overwritten or self.untrue)


def count(stage: Stage, people: People) -> Counts:
    """Count everything, as it is now."""
    counts = Counts()
    with _store(stage) as session:
        states = {row.id: row.state for row in session.scalars(sa.select(inbox.Delivery))}
        rows = list(session.scalars(sa.select(proposals.ProposedChange)))
        letters = {letter.job: letter.reason for letter in inbox.dead_letters(session)}
    counts.dead = [f"{job}: {reason}" for job, reason in letters.items()]
    with _engine(stage) as (connection, table):
        query = sa.select(table.c.workflow_uuid, table.c.status, table.c.error).where(table.c.status.in_(STRANDED))
        stranded = connection.execute(query).all()
    lost = ((name, f"{status} ({error})") for name, status, error in stranded if name.split("#")[0] not in letters)
    counts.lost += [f"job {name} is {how}" for name, how in lost]
    counts.finished = sum(state in ENDED for state in states.values())
    counts.lost += [f"delivery {key} is still {state}" for key, state in states.items() if state not in ENDED]
    accepted = set(_accepted(stage))
    counts.accepted = len(accepted)
    counts.lost += [f"delivery {key} was answered 2xx and is not kept" for key in accepted - states.keys()]
    for life in list(people.lives.values()):
        own = [row for row in rows if row.item == str(life.item)]
        _count_one(counts, stage, life, own)
    return counts


def unfinished(stage: Stage) -> int:
    """How many deliveries wait, and how many jobs on items are queued or under way."""
    kept = sa.select(sa.func.count()).select_from(inbox.Delivery).where(inbox.Delivery.state.not_in(ENDED))
    jobs = "status IN ('PENDING', 'ENQUEUED', 'DELAYED') AND queue_name = 'items'"
    with _store(stage) as session:
        waiting = int(session.scalar(kept) or 0)
    with _engine(stage) as (connection, table):
        return waiting + int(connection.scalar(sa.select(sa.func.count()).select_from(table).where(sa.text(jobs))) or 0)


def endings(stage: Stage, slot: str) -> list[tuple[float, float]]:
    """When each piece of work came and ended that the process in this slot has done, in seconds since the epoch.

    With one process these are the deliveries, which the store times to the microsecond; the engine's times on SQLite
    are whole seconds. With several they are the jobs, of which the engine notes who did them.
    """
    if stage.database is None:
        query = sa.select(inbox.Delivery.received, inbox.Delivery.finished).where(inbox.Delivery.finished.is_not(None))
        with _store(stage) as session:
            return [(begun.timestamp(), ended.timestamp()) for begun, ended in session.execute(query) if ended]
    with _engine(stage) as (connection, table):
        ended = sa.select(table.c.created_at, table.c.updated_at).where(
            table.c.executor_id == slot, table.c.status == "SUCCESS"
        )
        return [(begun / 1000, ended / 1000) for begun, ended in connection.execute(ended)]


@contextmanager
def _store(stage: Stage) -> Iterator[Session]:
    database = Database(wiring.database_url(load(stage.config)))
    try:
        with database.read() as session:
            yield session
    finally:
        database.close()


@contextmanager
def _engine(stage: Stage) -> Iterator[tuple[sa.Connection, sa.TableClause]]:
    """The engine's database and its table of jobs."""
    engine = sa.create_engine(wiring.engine_url(load(stage.config)))
    names = ("workflow_uuid", "executor_id", "status", "error", "created_at", "updated_at")
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in names]
    schema = None if engine.dialect.name == "sqlite" else "dbos"
    try:
        with engine.connect() as connection:
            yield connection, sa.table("workflow_status", *columns, schema=schema)
    finally:
        engine.dispose()


def _accepted(stage: Stage) -> Iterator[str]:
    """The ids of the deliveries that the bot has answered with 2xx and that it has a use for."""
    webhook = AzureDevOpsWebhook() if stage.flavour == "azure-devops" else JiraWebhook()
    for sent in stage.mounted.webhooks.sent:
        if sent.status is None or not 200 <= sent.status < 300:
            continue
        try:
            event = webhook.read({name.lower(): value for name, value in sent.headers.items()}, sent.body)
        except (Malformed, UnknownEvent):
            continue
        if event.kind != "ignored":
            yield inbox.delivery_id(CONNECTION, event)


def _count_one(counts: Counts, stage: Stage, life: Life, rows: list[proposals.ProposedChange]) -> None:
    tracker, name = stage.tracker, f"ticket {life.ticket.number} ({life.ticket.kind}, item {life.item})"
    item = tracker.item(life.item)
    text = texts.item_seen(stage.flavour, item)
    said = [_seen(stage, comment) for comment in tracker.comments(life.item) if comment.author == BOT]
    living = [each for each in said if each.startswith("Steward:")]
    if not living:
        counts.lost.append(f"{name} has no comment")
    if len(living) > 1:
        counts.duplicate_comments.append(f"{name} has {len(living)} living comments")
    if len(said) - len(living) > 1:
        counts.duplicate_comments.append(f"{name} has {len(said) - len(living)} answer comments")
    if life.ticket.helps and life.commented and len(said) == len(living):
        counts.lost.append(f"{name}: help was asked for and not given")
    missing = [word for word in life.written if word not in text]
    counts.overwritten += [f"{name}: {word} is gone" for word in missing]
    _count_doubled(counts, stage, item, text, name)
    _count_decided(counts, life, rows, name)
    _count_untrue(counts, stage, item, text, rows, name)


def _seen(stage: Stage, comment: Comment) -> str:
    return texts.seen(stage.flavour, comment.body, comment.format)


def _count_doubled(counts: Counts, stage: Stage, item: Item, text: str, name: str) -> None:
    if text.count(HEADING) > 1:
        counts.applied_twice.append(f"{name} has the criteria {text.count(HEADING)} times")
    own = [line for line in text.partition(HEADING)[2].splitlines() if line.strip()]
    counts.applied_twice += [f"{name} has {line!r} {n} times" for line, n in Counter(own).items() if n > 1]
    children = Counter(child.summary for child in stage.tracker.children(item.id))
    counts.applied_twice += [f"{name} has {n} sub-tasks {told!r}" for told, n in children.items() if n > 1]
    linked = Counter(stage.tracker.items_linked(item.id))
    counts.applied_twice += [f"{name} is linked to {other} {n} times" for other, n in linked.items() if n > 1]


def _count_decided(counts: Counts, life: Life, rows: list[proposals.ProposedChange], name: str) -> None:
    """What people have decided has come about, unless an edit of theirs stood in its way."""
    if not life.said:
        return
    state = next((row.state for row in rows if row.number == life.number), "unknown")
    allowed = {WANTED[life.said[-1]], *(OVERTAKEN if life.edited_since_shown else ())}
    if life.said[-1] == "undo" and life.edited_since_shown:
        allowed.add("accepted")  # the description was edited since: it is not taken back
    if state not in allowed:
        counts.lost.append(f"{name}: {' and '.join(life.said)} {life.number} was said, and the change is {state}")


def _count_untrue(
    counts: Counts, stage: Stage, item: Item, text: str, rows: list[proposals.ProposedChange], name: str
) -> None:
    """Where the store says that a change stands, it stands in the tracker, and where not, not."""
    for kind in {row.kind for row in rows}:
        of_kind = [row for row in rows if row.kind == kind]
        accepted = [row for row in of_kind if row.state == "accepted"]
        stands = {json.dumps(row.payload): _stands(stage, item, text)[kind](row) for row in of_kind}
        for row in accepted:
            if not stands[json.dumps(row.payload)]:
                counts.lost.append(f"{name}: change {row.number} ({kind}) was accepted and is not there")
        if not accepted and any(stands.values()):
            states = ", ".join(f"{row.number} {row.state}" for row in of_kind)
            counts.untrue.append(f"{name}: a change ({kind}) is there, and the store says {states}")


def _stands(stage: Stage, item: Item, text: str) -> dict[str, Callable[[proposals.ProposedChange], bool]]:
    """Kind of change -> whether what it would write is there."""
    tracker = stage.tracker
    summaries = {child.summary for child in tracker.children(item.id)}
    keys = {tracker.item(other).key for other in tracker.items_linked(item.id)}
    return {
        "criteria": lambda row: HEADING in text,
        "priority": lambda row: item.priority == row.payload["new"],
        "label": lambda row: row.payload["label"] in item.labels,
        "duplicate": lambda row: row.payload["original"] in keys,
        "subtasks": lambda row: bool(summaries.intersection(row.payload["summaries"])),
    }
