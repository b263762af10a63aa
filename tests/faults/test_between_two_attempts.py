"""What goes on between two attempts, two people, two places: nothing is lost, stuck, said twice or overwritten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.flows import acceptance
from bot.flows.outcome import guarded
from bot.store import inbox, items, proposals, writes
from bot.store.decisions import AnswerLine, HandledComment
from integrations.tracker import Event, HistoryEntry, Right
from rules.model import Person
from tests.steps import night

STORY = ("Let buyers save their cart", "As a buyer I want to save my cart. The cart must be kept for 30 days.")
LARGE = (
    "Loyalty programme",
    "As a shop owner I want a loyalty programme so that customers come back.\n\n"
    "The points must be kept for two years. A buyer must see how many points an order brings.\n\n## Tasks\n\n"
    "- Show the points of each order in the account\n- Add vouchers for points\n- Send a birthday bonus by mail\n"
    "- List all bonus partners on a page\n- Import the points of the old programme",
)
OUTAGE = (
    "Checkout is down for all customers",
    "Open the cart and press Pay.\n\nExpected: the order is placed.\n\nSeen: error 500, nobody can pay since 9:00.",
)


def states(world: Any, item: Any) -> list[str]:
    with world.db.read() as session:
        return [row.state for row in proposals.changes(session, "tracker", str(item.id))]


def letters(world: Any) -> list[str]:
    with world.db.read() as session:
        return [letter.reason for letter in inbox.dead_letters(session)]


class Port:
    """A port with one method replaced."""

    def __init__(self, inner: Any, **methods: Any) -> None:
        self._inner = inner
        self.__dict__.update(methods)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def test_shadow_mode_writes_nothing_whatever_people_type(make_world: Callable[..., Any]) -> None:
    world = make_world(mode="shadow")
    item = world.file(*STORY)
    world.work()
    world.say("dana", item, "steward help")
    world.work()
    assert not [entry for entry in world.requests() if entry.method != "GET"]


def test_own_words_survive_a_retry(make_world: Callable[..., Any]) -> None:
    world = make_world()
    item = world.file(*STORY)
    world.work()
    world.mounted.faults.unavailable(method="PUT", path=r"/issue/[^/]+$", times=2)
    world.mounted.faults.throttle(method="PUT", path=r"/issue/[^/]+$", times=1, retry_after=0)
    world.say("dana", item, "steward accept 1:\n- The cart is kept for a year")
    world.work()
    assert "kept for a year" in world.description(item), (states(world, item), world.answer(item))


@pytest.mark.parametrize("how", ["deleted", "edited"])
def test_a_change_is_not_stuck_when_the_word_goes_between_two_attempts(
    make_world: Callable[..., Any], how: str
) -> None:
    world = make_world()
    item = world.file(*STORY)
    world.work()
    world.mounted.faults.unavailable(method="PUT", path=r"/issue/[^/]+$", times=1)
    said = world.say("dana", item, "steward accept 1")
    world.work(leap=False)
    if how == "deleted":
        world.tracker.delete_comment(world.tracker.user("dana"), said.id)
    else:
        world.tracker.edit_comment(world.tracker.user("dana"), said.id, world.native("steward accept 1 please"))
    world.work()
    world.say("ada", item, "steward accept 1")
    world.work()
    assert states(world, item) == ["accepted"], world.answer(item)


def test_a_word_carried_out_and_taken_back_since_is_not_told_so_when_it_comes_again(
    make_world: Callable[..., Any],
) -> None:
    world = make_world()
    item = world.file(*STORY)
    world.work()
    for said in ("steward accept 1", "steward undo 1"):
        world.say("dana", item, said)
        world.work()
    with world.db.write() as session:
        first = sa.select(HandledComment.comment).order_by(HandledComment.at).limit(1).scalar_subquery()
        session.execute(sa.update(HandledComment).where(HandledComment.comment == first).values(state="taken"))
    acceptance.attend(world.wired.acceptance, world.wired.acceptance.reader.fetch(str(item.id)))
    assert states(world, item) == ["undone"]
    assert world.answer(item) == ""


def test_two_items_from_one_template_both_get_their_drafts_and_comment(make_world: Callable[..., Any]) -> None:
    world = make_world(project="draft_subtasks = true\ndaily_budget = 100")
    first, second = world.file(*LARGE), world.file("Loyalty scheme of the second shop", LARGE[1])
    world.work()
    assert letters(world) == []
    assert world.proposal(first)
    assert world.proposal(second)


def test_a_nightly_run_goes_on_past_a_deleted_item(make_world: Callable[..., Any]) -> None:
    world = make_world(intake="poll", project="daily_budget = 1")
    world.poll()
    held = [world.file(f"{STORY[0]} in shop {number}", STORY[1]) for number in range(3)]
    world.poll()
    spoken = [item for item in held if world.own_comments(item)]
    assert len(spoken) == 1
    gone, left = [item for item in held if item not in spoken]
    world.tracker.delete_item(world.tracker.user("ada"), gone.id)
    world.queue.offset += timedelta(days=1)
    night(world, "one")
    assert letters(world) == []
    assert world.own_comments(left)


def test_a_nightly_run_keeps_the_quiet_wait(make_world: Callable[..., Any]) -> None:
    world = make_world()
    item = world.file(*STORY)
    world.work(leap=False)
    night(world, "one", leap=False)
    assert world.own_comments(item) == []


def test_a_late_delete_does_not_close_an_item_that_exists(make_world: Callable[..., Any]) -> None:
    world = make_world()
    item = world.file(*STORY)
    world.work()
    event = Event("deleted", "late", str(item.id), "jira:issue_deleted", world.project)
    with world.db.write() as session:
        inbox.add(session, "tracker", event, "webhook", world.queue.now())
    world.queue.enqueue("delivery", "tracker:late", "tracker", "tracker:late", partition="x")
    world.work()
    with world.db.read() as session:
        assert items.load(session, "tracker", str(item.id)) is not None
    assert states(world, item) == ["open"]


def test_what_was_filed_while_the_backlog_was_read_is_triaged(make_world: Callable[..., Any]) -> None:
    world = make_world(intake="poll")
    now = datetime.now(UTC)
    with (
        world.db.write() as session
    ):  # the first backfill ended two hours after connecting (an outage, a large project)
        session.get(items.Progress, ("tracker", world.project)).connected = now - timedelta(hours=2)
    early = replace(world.seed(*STORY), created=now - timedelta(minutes=90), updated=now - timedelta(minutes=90))
    late = replace(world.seed("Another", STORY[1]), updated=now - timedelta(minutes=1))
    key = world.tracker.seed([early, late])[0]
    for _ in range(3):
        world.poll()
    assert world.own_comments(world.tracker.item(key))


@pytest.mark.parametrize("flavour", ["jira-cloud", "azure-devops"])
def test_an_item_that_the_search_brings_late_is_found_by_the_next_poll(
    make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour, intake="poll")
    now = datetime.now(UTC)
    with world.db.write() as session:
        session.execute(sa.update(items.Progress).values(connected=now - timedelta(hours=1)))
    world.poll()
    world.file(*STORY)
    world.poll()
    then = now - timedelta(seconds=100)
    (key,) = world.tracker.seed([replace(world.seed("Another", STORY[1]), created=then, updated=then)])
    world.poll()
    assert world.proposal(world.tracker.item(key))


def test_a_label_put_by_nobody_accepts_nothing(make_world: Callable[..., Any]) -> None:
    world = make_world()
    item = world.file(*STORY)
    world.work()
    reader = world.wired.acceptance.reader

    def history(key: str) -> tuple[HistoryEntry, ...]:
        return tuple(
            replace(entry, actor=Person("", "")) if any(edit.field == "labels" for edit in entry.edits) else entry
            for entry in reader.history(key)
        )

    world.rewire("acceptance", reader=Port(reader, history=history))
    world.edit("dana", item, labels=("steward-accept",))
    world.work()
    assert states(world, item) == ["open"]


@pytest.mark.parametrize(
    ("flavour", "found_by"),
    [
        *(("jira-cloud", "webhook"), ("jira-cloud", "look"), ("jira-data-center", "poll")),
        *(("azure-devops", "webhook"), ("azure-devops", "poll")),
    ],
)
def test_fault_27_an_item_moved_out_of_the_settings_is_closed_and_its_comment_says_why(
    make_world: Callable[..., Any], flavour: str, found_by: str
) -> None:
    world = make_world(flavour, intake="webhook" if found_by == "webhook" else "poll")
    if found_by != "webhook":
        world.poll()
    item = world.file(*STORY)
    if found_by == "webhook":
        world.work()
    else:
        world.poll()
    other = next((each.key for each in world.tracker.projects() if each.key != world.project), None)
    if other is None:
        other = world.tracker.add_project("OTHER", "Other", roles={"steward": "Administrators"}).key
    world.tracker.move_item(item.id, other)
    if found_by == "webhook":
        world.work()
    elif found_by == "look":
        world.queue.enqueue("triage", "triage:again", "tracker", str(item.id), "asked", "again")
        world.work()
    else:  # a poll of the project cannot see what has left it; the nightly run reads what is open again
        night(world, "one")
    with world.db.read() as session:
        closed = proposals.get(session, "tracker", str(item.id))
    why = f"it is in {'Other' if flavour == 'azure-devops' else other} now, which is not in the settings"
    assert (closed.state, closed.held_because) == ("closed", why)
    (comment,) = world.own_comments(item)
    assert comment.startswith(f"Steward: nothing waits here: {why}.")
    assert "steward accept" not in comment


def test_a_store_that_is_away_for_a_moment_loses_no_job(make_world: Callable[..., Any]) -> None:
    world = make_world()
    desk = world.wired.acceptance

    class Run:
        id, kind, args, attempt = "tracker:x", "delivery", ("tracker", "tracker:x"), 5

    class Away:
        def write(self) -> Any:
            raise sa.exc.OperationalError("x", {}, Exception("disk full"))

        read = write

    later = guarded(lambda run: None, replace(desk, db=Away()))(Run())
    assert later is not None


def test_one_internal_error_after_some_waits_is_no_dead_letter(make_world: Callable[..., Any]) -> None:
    world = make_world()

    class Run:
        id, kind, args, attempt = "tracker:x", "delivery", ("tracker", "tracker:x"), 5

    def flow(run: Any) -> None:
        raise sa.exc.OperationalError("x", {}, Exception("database is locked"))

    assert guarded(flow, world.wired.acceptance)(Run()) is not None


def test_one_comment_of_a_stranger_makes_few_rows(make_world: Callable[..., Any]) -> None:
    world = make_world()
    item = world.file(*STORY)
    world.work()
    world.say("rae", item, "steward explain " + " ".join(str(number) for number in range(100, 900)))
    world.work()
    with world.db.read() as session:
        count = session.scalar(sa.select(sa.func.count()).select_from(AnswerLine))
    assert count <= 20, count


def test_a_persons_edit_is_not_taken_for_shown_because_another_change_was_applied(
    make_world: Callable[..., Any],
) -> None:
    world = make_world()
    item = world.file(*LARGE)
    world.work()
    with world.db.read() as session:
        rows = {row.kind: row.number for row in proposals.changes(session, "tracker", str(item.id))}
    plan = world.wired.acceptance.applier.perform
    edited: list[bool] = []

    def perform(plan_: Any) -> Any:
        if not edited:
            edited.append(True)
            world.edit("lee", item, description="Something quite different now.")
        return plan(plan_)

    world.rewire("acceptance", applier=Port(world.wired.acceptance.applier, perform=perform))
    world.say("dana", item, f"steward accept {rows['subtasks']}")
    world.work(leap=False)
    world.say("dana", item, f"steward accept {rows['criteria']}")
    world.work(leap=False)
    assert "Acceptance criteria" not in world.description(item), states(world, item)


@pytest.mark.parametrize("flavour", ["jira-cloud", "jira-data-center"])
def test_an_edit_while_the_history_is_read_is_not_overwritten(make_world: Callable[..., Any], flavour: str) -> None:
    world = make_world(flavour)
    item = world.file(*STORY)
    world.work()
    live = world.wired.client.applier._live
    real = live.entries
    done: list[bool] = []

    def entries(key: str) -> Any:
        found = real(key)
        if not done:
            done.append(True)
            world.edit("lee", item, description="Lee has just written something else.")
        return found

    live.entries = entries
    world.say("dana", item, "steward accept 1")
    world.work(leap=False)
    assert "Lee has just written" in world.description(item)


@pytest.mark.parametrize("flavour", ["jira-cloud", "jira-data-center", "azure-devops"])
def test_drafts_that_were_kept_can_be_undone(make_world: Callable[..., Any], flavour: str) -> None:
    world = make_world(flavour, project="draft_subtasks = true")
    item = world.file(*LARGE)
    world.work()
    number = world.number(item, "Split into 5")
    world.say("dana", item, f"steward accept {number}")
    world.work()
    world.say("dana", item, f"steward undo {number}")
    world.work()
    assert world.tracker.children(item.id) == [], world.answer(item)


def test_nothing_is_drafted_once_the_days_budget_is_spent(make_world: Callable[..., Any]) -> None:
    world = make_world(project="draft_subtasks = true\ndaily_budget = 1")
    world.file(*STORY)
    world.work()
    item = world.file(*LARGE)
    world.work()
    assert world.own_comments(item) == []
    assert world.tracker.children(item.id) == []


def test_own_words_for_two_changes_in_one_comment_are_both_taken(make_world: Callable[..., Any]) -> None:
    world = make_world()
    item = world.file(*LARGE)
    world.work()
    text = world.proposal(item)
    split = world.number(item, "Split into 5")
    with world.db.read() as session:
        rows = {row.kind: row.number for row in proposals.changes(session, "tracker", str(item.id))}
    assert "criteria" in rows, text
    world.say(
        "dana", item, f"steward accept {rows['criteria']}:\n- Points are shown\n\nsteward accept {split}:\n- Own part"
    )
    world.work()
    assert [child.summary for child in world.tracker.children(item.id)] == ["Own part"], (
        states(world, item),
        world.answer(item),
    )


def test_a_comment_id_of_another_item_is_not_ours(make_world: Callable[..., Any]) -> None:
    world = make_world()
    world.file(*STORY)
    world.work()
    with world.db.read() as session:
        own = session.scalars(sa.select(writes.OwnComment)).first()
        assert not writes.is_ours(session, "tracker", "another item", own.comment, None)


def test_switching_back_to_shadow_stops_all_writes(make_world: Callable[..., Any]) -> None:
    world = make_world()
    item = world.file(*STORY)
    world.work()
    projects = {key: replace(each, suggests=False) for key, each in world.wired.acceptance.projects.items()}
    world.rewire("acceptance", projects=projects)
    world.rewire("triage", projects=projects)
    world.mounted.faults.forget()
    world.say("dana", item, "steward accept 1")
    world.edit("dana", item, labels=("steward-accept",))
    world.edit("lee", item, description="As a buyer I want something else. It must be quick.")
    world.work()
    assert not [entry for entry in world.requests() if entry.method != "GET"]


def test_an_outage_leaves_no_heap_of_polls(make_world: Callable[..., Any]) -> None:
    world = make_world(intake="poll")
    world.poll()
    world.mounted.faults.throttle(retry_after=3600, path="search", times=1)
    for _ in range(30):
        world.queue.offset += timedelta(seconds=60)
        world.queue.enqueue("poll", f"poll:{world.queue.now().isoformat()}", "tracker", "0")
        world.work(leap=False)
    assert len(world.queue._waiting) <= 2, len(world.queue._waiting)


def test_a_right_lost_after_the_write_landed_does_not_deny_the_write(make_world: Callable[..., Any]) -> None:
    world = make_world()
    item = world.file(*STORY)
    world.work()
    world.mounted.faults.lose_answer(method="PUT", path=r"/issue/[^/]+$", times=1)
    world.say("dana", item, "steward accept 1")
    world.work(leap=False)
    assert "Acceptance criteria" in world.description(item)
    world.rewire(
        "acceptance", people=Port(world.wired.acceptance.people, may_edit=lambda person, key: Right(False, "gone"))
    )
    world.work()
    assert states(world, item) == ["accepted"], (world.proposal(item), world.answer(item))


def test_a_right_lost_before_the_write_landed_is_asked_for_again(make_world: Callable[..., Any]) -> None:
    world = make_world()
    item = world.file(*STORY)
    world.work()
    world.mounted.faults.unavailable(method="PUT", path=r"/issue/[^/]+$", times=1)
    world.say("dana", item, "steward accept 1")
    world.work(leap=False)
    assert "Acceptance criteria" not in world.description(item)
    people = Port(world.wired.acceptance.people, may_edit=lambda person, key: Right(False, "the right to edit"))
    world.rewire("acceptance", people=people)
    world.work()
    assert states(world, item) == ["open"], (world.proposal(item), world.answer(item))
    assert "Acceptance criteria" not in world.description(item)
    assert "the right to edit" in world.answer(item)
