"""The sweep: what was kept and never came into the queue comes into it now.

A process died between two commits, a backup was restored, a person wants a dead letter worked on again. All of it can
be queued again at any time: the ids are the same, and an id runs once. What was forgotten leaves the log of SQLite too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

import sqlalchemy as sa
import structlog

from bot.flows import closing, looking
from bot.flows.desk import Desk
from bot.flows.intake import polling
from bot.jobs import Run
from bot.store import inbox, items
from bot.store.inbox import DeadLetter
from bot.telemetry import watched
from integrations.tracker import Event, WebhookError

log = structlog.get_logger(__name__)

AT_ONCE = 500
AT_START = "start"
ALL_THAT_IS_QUEUED = 100_000
QUEUED_BY_NOW = timedelta(seconds=10)
ENDED_BY_NOW = timedelta(minutes=10)
OVERDUE = timedelta(seconds=60)
LONG_OVERDUE = timedelta(minutes=10)
A_MOMENT_MS = 500
READ_AGAIN = "; read again: "

Reread = Callable[[Mapping[str, str], bytes], Event]


def sweep(run: Run, desk: Desk, reread: Reread) -> None:
    """Arguments: connection, tick ("start": also what was kept only just now, by a process that has ended).

    `reread` reads a delivery that could not be read, perhaps by a former release.
    """
    at_start = run.args[1:] == (AT_START,)
    _queue_the_kept(desk, timedelta(0) if at_start else QUEUED_BY_NOW)
    if at_start:
        _queue_again(desk)
    _queue_looks(desk)
    closing.tell_again(desk)
    with desk.db.read() as session:
        letters = inbox.to_replay(session, desk.connection)
    for letter in letters:
        _replay(desk, letter, reread)
    if at_start or desk.db.log_holds_forgotten:
        desk.db.begin_log_anew(A_MOMENT_MS)


def _queue_the_kept(desk: Desk, age: timedelta) -> None:
    before = desk.now() - age
    with desk.db.read() as session:
        waiting = inbox.not_queued(session, desk.connection, before, AT_ONCE)
    for delivery, item in waiting:
        polling.hand_over(desk, delivery, item)


def _queue_again(desk: Desk) -> None:
    """What was queued and has not ended: the engine knows it, which changes nothing, or has lost it with its tables."""
    with desk.db.read() as session:
        queued = inbox.long_queued(session, desk.connection, desk.now() - ENDED_BY_NOW, ALL_THAT_IS_QUEUED)
    for delivery, item in queued:
        desk.enqueue("delivery", delivery, desk.connection, delivery, partition=desk.partition(item))


def _queue_looks(desk: Desk) -> None:
    """Looks that are overdue, and those that people asked for and nobody has ended."""
    of_ours = items.Item.connection == desk.connection
    now = desk.now()
    overdue = sa.select(items.Item.id, items.Item.last_delivery, items.Item.due).where(
        of_ours, items.Item.due < now - OVERDUE, items.Item.last_delivery.is_not(None)
    )
    asked = sa.select(items.Item.id, items.Item.asked).where(of_ours, items.Item.asked.is_not(None))
    with desk.db.read() as session:
        looks = [
            (item, touch, due)
            for item, touch, due in session.execute(overdue.order_by(items.Item.due).limit(AT_ONCE))
            if touch is not None and due is not None
        ]
        wishes = [(item, cause) for item, cause in session.execute(asked.limit(AT_ONCE)) if cause is not None]
    for item, touch, due in looks:
        looking.schedule(desk, item, touch, 0.0)
        if due < now - LONG_OVERDUE:
            # That look has ended without a result, however it came: another one, once an hour.
            looking.schedule(desk, item, touch, 0.0, again=f"@{now:%Y-%m-%dT%H}")
    for item, cause in wishes:
        looking.ask(desk, item, cause)


def _replay(desk: Desk, letter: DeadLetter, reread: Reread) -> None:
    if letter.kind is not None:
        name = f"{letter.job}~{letter.id}"
        if letter.delivery is not None:
            with desk.db.write() as session:
                inbox.set_state(session, letter.delivery, "queued", desk.now(), "worked on again")
        desk.enqueue(letter.kind, name, *(letter.args or ()), partition=letter.partition)
    elif letter.body is not None:
        _read_again(desk, letter, letter.body, reread)
    with desk.db.write() as session:
        inbox.replayed(session, letter.id, desk.now())
    log.info("dead letter replayed", letter=letter.id)


def _read_again(desk: Desk, letter: DeadLetter, body: bytes, reread: Reread) -> None:
    try:
        event = reread(letter.headers or {}, body)
    except WebhookError as error:
        with desk.db.write() as session:
            first = letter.reason.partition(READ_AGAIN)[0]
            reason = f"{first}{READ_AGAIN}{error}"
            inbox.bury(session, desk.connection, reason, desk.now(), headers=letter.headers, body=body)
        watched.buried(desk.connection)
        return
    with desk.db.write() as session:
        inbox.add(session, desk.connection, event, "replay", desk.now())
    polling.hand_over(desk, inbox.delivery_id(desk.connection, event), event.item)
