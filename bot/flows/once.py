"""A write outside happens once, whatever is killed, lost or late.

The intent is recorded before the write is sent. If an attempt may have landed, the next one first waits until a late
write would have arrived, then looks for the marker with a direct read, and only then sends again.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.flows.desk import Desk, TryAgain
from bot.store import writes
from integrations.exchanges import before_writes
from integrations.tracker import Invalid, Missing, Refused, Throttled


def write_once(
    desk: Desk,
    name: str,
    item: str,
    send: Callable[[str], str],
    find: Callable[[str], str | None],
    marker: str | None = None,
) -> tuple[str, str]:
    """Make the write called `name` and return what it gave (an id or a key), and its marker.

    `send` and `find` get the marker (derived from the name unless given). Raises TryAgain while an earlier attempt may
    still land, and TrackerError.
    """
    with desk.db.write() as session:
        intent = writes.intend(session, name, desk.connection, item, desk.now(), marker)
    if intent.state == "done" and intent.result is not None:
        return str(intent.result["id"]), intent.marker
    landed = _landed(desk, name, intent, find)
    if landed is not None:
        return _done(desk, name, landed), intent.marker
    stamp = _stamp(desk, name, intent.sent)

    def sent() -> None:
        """What is read before the write may take long: the wait counts from the write, and another may be at it now."""
        nonlocal stamp
        stamp = _stamp(desk, name, stamp)

    try:
        with before_writes(sent):
            result = send(intent.marker)
    except TryAgain:
        raise
    except (Throttled, Invalid, Refused, Missing):
        with desk.db.write() as session:
            writes.mark_not_sent(session, name, stamp, intent.sent)
        raise
    except Exception:
        # It may still land, and is waited for from now on: this attempt may have taken longer than the wait.
        with desk.db.write() as session:
            writes.mark_sent(session, name, stamp, desk.now())
        raise
    return _done(desk, name, result), intent.marker


def _landed(desk: Desk, name: str, intent: writes.Write, find: Callable[[str], str | None]) -> str | None:
    """What an earlier attempt has made; None where it made nothing. Raises TryAgain while it may still land."""
    if intent.sent is None:
        return None
    waited = (desk.now() - intent.sent).total_seconds()
    if waited < 0:
        # The clock was set back: how long ago that was is not known, so the wait begins anew.
        with desk.db.write() as session:
            writes.mark_sent(session, name, intent.sent, desk.now())
        raise TryAgain(desk.settle)
    if waited < desk.settle:
        raise TryAgain(desk.settle - waited)
    return find(intent.marker)


def _stamp(desk: Desk, name: str, seen: datetime | None) -> datetime:
    """From now on the write may have happened. Raises TryAgain if another attempt has taken it up since `seen`."""
    now = desk.now()
    with desk.db.write() as session:
        if not writes.mark_sent(session, name, seen, now):
            raise TryAgain(desk.settle)
    return now


def _done(desk: Desk, name: str, result: str) -> str:
    with desk.db.write() as session:
        writes.mark_done(session, name, {"id": result}, desk.now())
    return result
