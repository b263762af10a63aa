"""Are the tracker's webhooks still switched on? Azure DevOps switches a subscription off that was refused too often.

It is only told, never mended: somebody may have switched it off on purpose. Until it is on again, the poll brings what
it would have brought.
"""

from __future__ import annotations

import structlog

from bot.flows.desk import Desk
from bot.jobs import Run, Silent
from bot.store import ticks
from bot.telemetry.snapshot import WEBHOOKS_OFF
from integrations.tracker import Hooks, Missing, Refused, Target, ours

log = structlog.get_logger(__name__)


def look(run: Run, desk: Desk, hooks: Hooks, target: Target) -> None:
    """Arguments: connection, tick. Notes how many of our own are off or on probation.

    Nothing is noted where there are none, or this account may not see them: `steward doctor` says so.
    """
    try:
        own = list(ours(target, hooks.found(target)))
    except (Refused, Missing):
        raise Silent("this account may not see the webhooks") from None
    if not own:
        raise Silent("no webhook of ours is to be seen")
    number = sum(hook.state != "on" for hook in own)
    with desk.db.write() as session:
        ticks.note(session, f"{WEBHOOKS_OFF}{desk.connection}", number, desk.now())
    if number:
        log.warning("webhooks switched off", connection=desk.connection, number=number)
