"""The doctor: does everything the settings name work, and if not, what is to be done?

It reads and never writes: running it on a live site changes nothing there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

from bot import wiring
from bot.doctor.findings import Finding, remedy_for, what_is
from bot.settings import AnyConnection, ProjectSettings, Settings
from bot.store.database import Database
from bot.telemetry.status.judging import megabytes
from bot.web.disk import Disk
from integrations.tracker import (
    ACCEPT_LABEL,
    Missing,
    Refused,
    Right,
    Target,
    TrackerError,
    ours,
    standings,
)
from rules.model import WorkItem

LABEL_ONLY = f"nobody can decide by a comment, only by the label {ACCEPT_LABEL}"


CLOCKS_APART_SECONDS = 5.0


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; the first fault does not end it."""
    return [*_store(settings), *_connections(settings), *_model(settings)]


def _store(settings: Settings) -> Iterator[Finding]:
    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        yield Finding(
            False, f"the data folder {settings.data} cannot be made ({error.strerror})", "Name another under: data"
        )
        return
    writable = os.access(settings.data, os.W_OK)
    yield Finding(
        writable,
        f"the data folder {settings.data}",
        "" if writable else "Give the bot's user the right to write there.",
    )
    db = Database(wiring.database_url(settings))
    try:
        if db.is_sqlite:
            yield _disk(settings)
        answers = db.answers()
        remedy = "" if answers else "Check database_url under [engine]: it does not answer."
        yield Finding(answers, "the database", remedy)
        if answers and not db.is_sqlite:
            yield _clocks(abs((db.now() - datetime.now(UTC)).total_seconds()))
    finally:
        db.close()


def _disk(settings: Settings) -> Finding:
    room = Disk(settings.data).room()
    remedy = f"Make room: with {megabytes(room.spare)} or less the bot turns every delivery away."
    return Finding(
        not room.is_short, f"{megabytes(room.free)} are free on the data folder's disk", remedy if room.is_short else ""
    )


def _clocks(apart: float) -> Finding:
    """Waits are counted by the clock of the machine that orders them, and ended by the one that works the job."""
    if apart < CLOCKS_APART_SECONDS:
        return Finding(True, "this machine's clock and the database server's agree")
    told = f"this machine's clock and the database server's are {apart:.0f} s apart"
    return Finding(False, told, "Set both by one time server (NTP): waits would be that much too long or too short.")


def _connections(settings: Settings) -> Iterator[Finding]:
    if not settings.connections:
        yield Finding(False, "no connection is set up", "Add a table [connections.NAME]; steward init shows how.")
    for name, connection in settings.connections.items():
        client = wiring.connect(name, connection, settings)
        account = list(_account(name, connection, client, settings.server.public_url))
        yield from account
        if not all(finding.ok for finding in account[:1]):
            continue  # what the projects would say has the same cause
        if connection.intake == "webhook" and connection.webhook_secret is not None:
            yield from _webhooks(name, client, wiring.target(name, settings))
        projects = settings.projects_of(name)
        if not projects:
            yield Finding(
                False, f"{name}: no project uses this connection", "Add a table [projects.KEY] that names it."
            )
        for project in projects.values():
            yield from _project(name, project, client)


def _account(name: str, connection: AnyConnection, client: wiring.Client, public_url: str | None) -> Iterator[Finding]:
    try:
        me = client.people.me()
    except TrackerError as error:
        yield Finding(False, f"{name}: {what_is(error)}", remedy_for(error))
        return
    shared = ", shared with a person" if connection.account == "shared" else ""
    yield Finding(True, f"{name}: signed in as {me.name}{shared}")
    if connection.intake == "webhook" and connection.webhook_secret is None:
        yield Finding(False, f"{name}: takes webhooks, but has no webhook_secret", "Set one, here and in the tracker.")
    elif connection.intake == "webhook":
        address = f"{(public_url or '').rstrip('/')}/webhooks/{connection.vendor}/{name}"
        remedy = "" if public_url else "Put the bot's own address before it: see public_url under [server]."
        yield Finding(True, f"{name}: the tracker sends its webhooks to {address}", remedy)
    elif connection.intake == "poll":
        yield Finding(True, f"{name}: asks every {connection.poll_every:.0f} s what has moved; no webhook is needed")


def _webhooks(name: str, client: wiring.Client, target: Target) -> Iterator[Finding]:
    try:
        found = client.hooks.found(target)
    except (Refused, Missing) as error:
        missing = error.missing if isinstance(error, Refused) else ""
        told = f"{name}: whether the tracker's webhooks are switched on, this account may not see"
        how = f"Look by hand: steward webhooks check {name} says where."
        yield Finding(True, told, f"What it lacks is {missing}. {how}" if missing else how)
        return
    except TrackerError as error:
        yield Finding(False, f"{name}: the tracker's webhooks: {what_is(error)}", remedy_for(error))
        return
    amiss = [one for wish in client.hooks.wishes(target) for one in standings(target, wish, found) if not one.is_well]
    if not any(ours(target, found)):
        told = f"{name}: no webhook to the bot is to be seen: there is none, or this account may not see it"
        yield Finding(True, told, f"Make them: steward webhooks install {name}")
    elif amiss:
        told = f"{name}: the tracker does not tell all: {', '.join(sorted({one.event for one in amiss}))}"
        yield Finding(False, told, f"See why: steward webhooks check {name}")
    else:
        yield Finding(True, f"{name}: the tracker's webhooks are switched on")


def _project(name: str, project: ProjectSettings, client: wiring.Client) -> Iterator[Finding]:
    try:
        words = client.reader.vocabulary(project.key)
        page = client.reader.moved(project.key, None, scope=project.scope)
    except TrackerError as error:
        yield Finding(False, f"{name}: project {project.key}: {what_is(error)}", remedy_for(error))
        return
    spoken = "comments" if project.mode == "suggest" else "only records (shadow mode)"
    yield Finding(
        True, f"{name}: project {project.key} can be read; the bot {spoken}; {len(words.priorities)} priorities"
    )
    if project.mode == "suggest":
        yield from _rights(f"{name}: project {project.key}", project, client, next(iter(page.items), None))


def _rights(place: str, project: ProjectSettings, client: wiring.Client, item: WorkItem | None) -> Iterator[Finding]:
    """Whether the bot may ask who may decide: it tries on one item, which writes nothing."""
    lists_somebody = bool(project.accept_people or project.accept_groups)
    try:
        right = _asked(client, item) if item is not None else None
    except TrackerError as error:
        yield Finding(False, f"{place}: whether the bot may ask for people's rights is not known: {what_is(error)}")
        return
    if right is not None and right.allowed is not None:
        yield Finding(True, f"{place}: the bot may ask the tracker for people's rights; who may edit an item decides")
        return
    others = "those under accept_people and accept_groups decide" if lists_somebody else LABEL_ONLY
    if right is None:
        seen = "no item to try on, so whether the bot may ask for people's rights is not known"
        yield Finding(True, f"{place}: {seen}", f"If it may not, {others}.")
        return
    missing = f"What stands in the way: {right.missing.rstrip('.')}." if right.missing else ""
    yield Finding(
        True,
        f"{place}: the bot may not ask the tracker for people's rights; {others}",
        missing if lists_somebody else f"List people under accept_people or accept_groups. {missing}".rstrip(),
    )


def _asked(client: wiring.Client, item: WorkItem) -> Right | None:
    """The tracker's word on the first person at hand; for an integration it would not even be asked."""
    for person in (client.people.me(), item.reporter, item.assignee):
        if person is not None and person.id and not person.is_app:
            return client.people.may_edit(person, item.key)
    return None


def _model(settings: Settings) -> Iterator[Finding]:
    if settings.model is None:
        yield Finding(True, "no language model: rules do all the work, and nothing leaves for one")
    else:
        yield Finding(True, f"language model {settings.model.name}, at most {settings.model.daily_tokens} tokens a day")
