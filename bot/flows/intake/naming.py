"""Does the tracker know each project by the name that the settings have? Under another it would be silent for ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog

from bot.flows.desk import Desk
from bot.store import ticks
from integrations.tracker import Missing, Throttled, TrackerError, Unreachable

log = structlog.get_logger(__name__)

KNOWN, OTHERWISE, UNKNOWN, UNASKED = range(4)
"""What is noted of a project: known by that name, by another, by none; or the tracker has not said."""
AGAIN = {
    KNOWN: timedelta(days=1),
    OTHERWISE: timedelta(hours=1),
    UNKNOWN: timedelta(hours=1),
    UNASKED: timedelta(minutes=5),
}


def look(desk: Desk, called: Callable[[str], str], *, at_start: bool) -> None:
    """Ask what the tracker calls each project, at a start and now and then; what is amiss is noted and logged."""
    answers = True
    for key in desk.projects:
        name = ticks.project_known(desk.connection, key)
        with desk.db.read() as session:
            row = session.get(ticks.Tick, name)
        if not at_start and (row is None or abs(desk.now() - row.at) < AGAIN[row.number]):
            continue
        known = UNASKED
        try:
            known = _known(desk, key, called) if answers else UNASKED
        except (Unreachable, Throttled):
            answers = False  # nor would it for the others
        except TrackerError as error:
            log.info("project not looked up", connection=desk.connection, project=key, error=type(error).__name__)
        with desk.db.write() as session:
            ticks.note(session, name, known, desk.now())


def _known(desk: Desk, key: str, called: Callable[[str], str]) -> int:
    try:
        name = called(key)
    except Missing:
        log.warning("project not found", connection=desk.connection, project=key)
        return UNKNOWN
    if name != key:
        log.warning("project not found", connection=desk.connection, project=key, did_you_mean=name)
    return KNOWN if name == key else OTHERWISE
