"""What is wrong, and what to do about it: each a sentence. What is merely worth knowing is a note."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from bot.store.inbox import Heard
from bot.telemetry import expiry
from bot.telemetry.connections import TOLD_EVERY_SECONDS
from bot.telemetry.snapshot import Snapshot
from bot.telemetry.status.ages import in_words
from bot.telemetry.status.refused import refused_problem
from bot.telemetry.status.values import Connection, Problem, Project, Room, Tokens

LATE_SECONDS = 120.0
"""How long a kept delivery may wait for a worker; the quiet wait comes later and does not count."""
MISSED_POLLS = 3
SILENT_FOR = timedelta(minutes=15)
FAILING_FOR = timedelta(minutes=1)
"""Shorter troubles of a tracker pass by themselves."""
STORE_AWAY = Problem(
    "The database does not answer.",
    "It is away, full, or the bot is only starting. Deliveries are turned away until it does, and are sent again.",
    "steward doctor",
)


def disk_problem(room: Room | None) -> Iterator[Problem]:
    """That no delivery is taken any more, while that is so."""
    if room is not None and room.is_short:
        yield Problem(
            f"The disk of the data folder is nearly full: {megabytes(room.free)} are free, and {megabytes(room.spare)} "
            "are left for work that is kept already. Deliveries are turned away.",
            "Make room on it. What is turned away is sent again by the tracker, or found by the poll.",
            "steward doctor",
        )


def megabytes(number: int) -> str:
    """A number of bytes, as a person says it."""
    return f"{number // 1_000_000:,} MB"


def is_known(heard: Heard, poll_seconds: float, now: datetime) -> bool:
    """Whether a tracker was heard so lately that it is known whether it works: each poll asks it, all being well."""
    patience = timedelta(seconds=MISSED_POLLS * poll_seconds + LATE_SECONDS + TOLD_EVERY_SECONDS)
    heard_at = (heard.last_success, heard.last_failure, heard.throttled_until)
    return any(at is not None and now - at <= patience for at in heard_at)


def do_webhooks_fail(polled: datetime | None, delivered: datetime | None, poll_seconds: float, now: datetime) -> bool:
    """Whether the poll has brought of late what webhooks should have; `polled` and `delivered` say when each last did.

    A webhook of a kind that the bot has no use for arrives too: before the poll brings the item that it was about.
    """
    if polled is None or polled < now - SILENT_FOR:
        return False
    before_the_poll = polled - timedelta(seconds=poll_seconds + LATE_SECONDS)
    return delivered is None or delivered < min(now - SILENT_FOR, before_the_poll)


def problems_with(store: Snapshot, connections: Sequence[Connection]) -> Iterator[Problem]:
    """What needs a person, the most urgent first."""
    if not any(worker.alive for worker in store.workers):
        yield Problem("No worker is at work.", "What comes in is kept, and waits. Start one.", "steward run")
    yield from _trackers(store, connections)
    oldest = max((waiting.oldest for waiting in store.deliveries.values()), default=0.0)
    if oldest > LATE_SECONDS:
        number = sum(waiting.number for waiting in store.deliveries.values())
        yield Problem(
            f"{_many(number, 'delivery', 'deliveries')} wait{'s' if number == 1 else ''} to be worked on, "
            f"the oldest for {in_words(oldest)}.",
            "Where a tracker is in trouble, they go on once it is back. Else see the log, or start another worker.",
        )
    letters = sum(store.dead_letters.values())
    if letters:
        yield Problem(
            f"{_many(letters, 'dead letter', 'dead letters')}: the bot could not do this work.",
            "See why, then replay or drop each.",
            "steward dead-letters list",
        )


def problems_of_projects(projects: Sequence[Project]) -> Iterator[Problem]:
    """Projects of which nothing is heard, for the tracker calls them otherwise."""
    for one in projects:
        if one.found is False:
            yield Problem(
                f"{one.connection} knows no project {one.key}, or knows it by another spelling, or hides it.",
                "Nothing of it is looked at. See what it is called.",
                "steward doctor",
            )


def problems_of_speaking(unposted: Mapping[tuple[str, str], int]) -> Iterator[Problem]:
    """Comments that the tracker does not take."""
    for (name, why), number in sorted(unposted.items()):
        yield Problem(
            f"{_many(number, 'comment', 'comments')} of {name} could not be posted: {why}.",
            "They are tried again for some minutes, and are dead letters then: mend it, and replay those.",
            "steward doctor",
        )


def _ended(one: Connection, store: Snapshot) -> str | None:
    ends = store.token_ends.get(one.name)
    return expiry.in_words(one.name, ends, store.at) if ends is not None and ends <= store.at else None


def _trackers(store: Snapshot, connections: Sequence[Connection]) -> Iterator[Problem]:
    now = store.at
    for one in connections:
        since = one.heard.failing_since
        if since is not None and now - since >= FAILING_FOR:
            yield Problem(
                f"{one.name} has not worked for {in_words((now - since).total_seconds())} ({one.heard.failure}).",
                _ended(one, store) or "Nothing is lost meanwhile. Check its address and token.",
                "steward doctor",
            )
        if one.webhooks_off:
            yield Problem(
                f"{_many(one.webhooks_off, 'webhook', 'webhooks')} of {one.name} "
                f"{'is' if one.webhooks_off == 1 else 'are'} switched off in the tracker, or about to be.",
                "Nothing is lost, but it comes later, by the poll. See which and why; "
                f"steward webhooks install {one.name} switches them on.",
                f"steward webhooks check {one.name}",
            )
        elif one.only_polled:
            yield Problem(
                f"The webhooks of {one.name} do not arrive: what moved there of late came by the poll.",
                "Nothing is lost, but it comes later. See in the tracker whether they are switched on.",
            )
        refused = store.refused.get(one.name)
        if refused is not None and (one.heard.last_delivery is None or one.heard.last_delivery < refused.last):
            yield refused_problem(one.name, refused, now)
        late = (now - one.last_poll).total_seconds() if one.last_poll is not None else 0.0
        if late > MISSED_POLLS * one.poll_seconds + LATE_SECONDS:
            yield Problem(
                f"{one.name} was last asked what has moved {in_words(late)} ago.",
                "The clock stands still. Start it.",
                "steward run",
            )


def notes_on(
    store: Snapshot, connections: Sequence[Connection], projects: Sequence[Project], tokens: Tokens | None
) -> Iterator[str]:
    """What is worth knowing and passes by itself."""
    gone = [worker.slot for worker in store.workers if not worker.alive]
    if gone and len(gone) < len(store.workers):
        yield f"{', '.join(gone)} no longer beat{'s' if len(gone) == 1 else ''}: other workers take over that work."
    for one in connections:
        until = one.heard.throttled_until
        if until is not None and until > store.at:
            wait = in_words((until - store.at).total_seconds())
            yield f"{one.name} has asked the bot to wait; it goes on in {wait}."
        if not one.known and any(worker.alive for worker in store.workers):
            last = max(filter(None, (one.heard.last_success, one.heard.last_failure)), default=None)
            since = f"for {in_words((store.at - last).total_seconds())}" if last is not None else "yet"
            yield f"Whether {one.name} works is not known: nothing was heard from it {since}."
        told = expiry.in_words(one.name, store.token_ends.get(one.name), store.at)
        if told is not None:
            yield told
    for name, left in store.abandoned.items():
        kept = _many(left.number, "delivery", "deliveries")
        yield f"{kept} of {name}, which the settings no longer name: nobody works on what it sent."
    unread = [project.key for project in projects if project.connected and not project.backfilled]
    if unread:
        yield (
            f"{', '.join(unread)} {'is' if len(unread) == 1 else 'are'} being read for the first time. "
            "If that does not end, steward doctor says why (a scope that the tracker does not understand, for example)."
        )
    if tokens is not None and tokens.spent >= tokens.budget:
        yield "The model's tokens for today are spent: until midnight (UTC) rules do all the work."


def _many(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"
