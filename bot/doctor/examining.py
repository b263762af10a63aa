"""The doctor: does everything the settings name work, and if not, what is to be done?

It reads and never writes: running it on a live site changes nothing there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

from bot import wiring
from bot.doctor.findings import Finding
from bot.doctor.trackers import connections
from bot.settings import Settings
from bot.store.database import Database
from bot.telemetry.status.judging import megabytes
from bot.telemetry.status.refused import refused_lately
from bot.web.disk import Disk

CLOCKS_APART_SECONDS = 5.0


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; the first fault does not end it."""
    return [*_store(settings), *connections(settings), *_model(settings)]


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
        if answers:
            amiss = refused_lately(db, settings.connections)
            yield from (Finding(one.perhaps_strangers, one.problem.what, one.problem.remedy) for one in amiss)
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


def _model(settings: Settings) -> Iterator[Finding]:
    if settings.model is None:
        yield Finding(True, "no language model: rules do all the work, and nothing leaves for one")
        if others := sorted(one.key for one in settings.projects.values() if one.language != "en"):
            told = "The rules read English texts: elsewhere they speak only of empty descriptions and duplicates."
            yield Finding(True, f"{', '.join(others)}: comments are in another language than English", told)
    else:
        yield Finding(True, f"language model {settings.model.name}, at most {settings.model.daily_tokens} tokens a day")
