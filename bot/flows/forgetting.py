"""What no webhook tells is found within a day: every item that is kept is looked for in its tracker, and let go of.

The round goes through a project's ids only, a few requests for thousands of items, and asks one by one for those that
were not among them: each is gone, has moved, is restricted or is out of scope, or was only just filed. Every part is a
job of its own with a rest before it, so that the round spreads over hours, stands back where the tracker asks to wait,
and goes on where it was after a restart.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
import structlog

from bot.flows import closing, leaving, speaking
from bot.flows.desk import AcceptanceDesk, Desk, Project
from bot.jobs import Run
from bot.store import items
from bot.store.erasing import retellings, texts
from bot.store.items import Item, Progress
from integrations.tracker import Invalid, Missing, Throttled, TrackerError

log = structlog.get_logger(__name__)

ROUND_SECONDS = 8 * 3600.0
"""Three rounds a day: what leaves the tracker just after one has passed is still found within 24 hours."""
REST_SECONDS = 20.0
ASKED_AT_ONCE = 50
SHORTEST_WAIT = 1.0


def recheck(run: Run, desk: AcceptanceDesk) -> None:
    """Arguments: connection, tick; for each part of a round also its beginning, its project, what it does, how far the
    parts before it came, and its number.

    "list" goes through the ids of a project page by page, "restricted" through those of items that not all of it see
    (where the bot works on them), "ask" looks at the items that were not among them.
    """
    if len(run.args) == 2:
        _begin(run, desk)
        return
    _, _, began, key, part, reached, _ = run.args
    project = desk.projects.get(key)
    if part in ("list", "restricted") and project is not None:
        _list(run, desk, project, datetime.fromisoformat(began), reached)
    elif part == "ask":
        _ask(run, desk, key, datetime.fromisoformat(began), reached)


def _begin(run: Run, desk: Desk) -> None:
    began = desk.now().isoformat()
    with desk.db.write() as session:
        for row in texts.still_told(session, desk.connection):
            texts.forget(session, row, "it was gone already", desk.now())
        working = [key for key, project in desk.projects.items() if project.works_restricted]
        texts.forget_late_letters(session, desk.connection, working)
        kept = sa.select(Item.project).where(Item.connection == desk.connection, Item.deleted.is_(False))
        present = session.scalars(kept.distinct()).all()
        read = sa.select(Progress.project).where(
            Progress.connection == desk.connection, Progress.backfilled.is_not(None)
        )
        backfilled = set(session.scalars(read))
    for number, key in enumerate(sorted(present)):
        if key not in desk.projects:
            _next(run, desk, began, key, "ask", "", f"{number}.0", REST_SECONDS)
        elif key in backfilled:
            _next(run, desk, began, key, "list", "", f"{number}.0", REST_SECONDS * number)


def _next(run: Run, desk: Desk, began: str, key: str, part: str, reached: str, number: str, rest: float) -> None:
    name = f"recheck:{desk.connection}:{run.args[1]}:{key}:{number}"
    desk.enqueue("recheck", name, desk.connection, run.args[1], began, key, part, reached, number, delay=rest)


def _following(run: Run) -> str:
    project, _, number = run.args[6].partition(".")
    return f"{project}.{int(number) + 1}"


def _list(run: Run, desk: Desk, project: Project, began: datetime, page: str) -> None:
    part, reached, rest = run.args[4], page, REST_SECONDS
    restricted = part == "restricted"
    try:
        listed = desk.reader.listed(project.key, page or None, project.scope, restricted=restricted)
    except Throttled as error:
        rest = max(error.retry_after, SHORTEST_WAIT)
    except (Invalid, Missing):
        # The project is hidden from the bot, or the page has expired: what it cannot list it asks for one by one.
        part, reached = "ask", ""
    else:
        _confirm(desk, listed.ids, began, restricted=restricted if project.works_restricted else None)
        following = "restricted" if project.works_restricted and not restricted else "ask"
        part, reached = (part, listed.next) if listed.next is not None else (following, "")
    _next(run, desk, run.args[2], project.key, part, reached, _following(run), rest)


def _confirm(desk: Desk, ids: tuple[str, ...], began: datetime, *, restricted: bool | None = None) -> None:
    """Note when items were seen; with `restricted` only those that are known as such, or as not: else they are asked
    for."""
    with desk.db.write() as session:
        for start in range(0, len(ids), 500):
            seen = [Item.connection == desk.connection, Item.id.in_(ids[start : start + 500])]
            if restricted is not None:
                seen.append(Item.content["restricted"].as_boolean().is_(restricted))
            session.execute(sa.update(Item).where(*seen).values(confirmed=began))


def _ask(run: Run, desk: AcceptanceDesk, key: str, began: datetime, after: str) -> None:
    with desk.db.read() as session:
        unseen = sa.select(Item.id).where(
            Item.connection == desk.connection,
            Item.project == key,
            Item.deleted.is_(False),
            sa.or_(Item.confirmed.is_(None), Item.confirmed < began),
            Item.id > after,
        )
        waiting = session.scalars(unseen.order_by(Item.id).limit(ASKED_AT_ONCE)).all()
    rest = REST_SECONDS
    for item_id in waiting:
        try:
            _look_for(desk, key, item_id, began)
        except Throttled as error:
            rest = max(error.retry_after, SHORTEST_WAIT)
            break
        except TrackerError as error:  # items after it are to be forgotten all the same
            log.warning("item passed over", item=item_id, error=type(error).__name__)
        after = item_id
    if waiting:
        _next(run, desk, run.args[2], key, "ask", after, _following(run), rest)
    elif key not in desk.projects:
        with desk.db.write() as session:
            # Where the settings name it again, it is read whole again.
            gone = (Progress.connection == desk.connection, Progress.project == key)
            session.execute(sa.delete(Progress).where(*gone))


def _look_for(desk: AcceptanceDesk, key: str, item_id: str, began: datetime) -> None:
    if key not in desk.projects:
        closing.close(desk, item_id, f"{key} is no longer in the settings")
        return
    try:
        item = desk.reader.fetch(item_id)
    except Missing:
        closing.close(desk, item_id, closing.GONE)
        return
    if (reason := closing.reason_to_leave(desk, item)) is not None:
        leaving.leave(desk, item, reason)
        return
    with desk.db.write() as session:
        closing.keep(desk, session, item)
    _confirm(desk, (item_id,), began)


def retell(run: Run, desk: AcceptanceDesk) -> None:
    """Arguments: connection, item id, since when. Makes the bot's comments on an item say what the store says."""
    _, item_id, since = run.args
    with desk.db.read() as session:
        item = items.load(session, desk.connection, item_id)
    try:
        with desk.speaking(item.project if item is not None else ""):
            said = speaking.show(desk, item_id) if item is not None else leaving.say_left(desk, item_id)
            answered = speaking.publish_answers(desk, item) if item is not None else "nothing"
    except Missing:
        closing.close(desk, item_id, closing.GONE)
        said = answered = "gone"
    with desk.db.write() as session:
        retellings.done(session, desk.connection, item_id, datetime.fromisoformat(since))
    log.info("comments brought in line", item=item_id, proposal=said, answers=answered)
