"""Each kind of change goes a person's whole way on each product, with each kind of account."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from bot.store import audit
from integrations.sandbox.azure_devops.processes import AGILE
from rules.changes import AddSubtasks, CloseDuplicate, SetField
from tests.contract.wishes import Drafting, Wanted, everything, furnish, words_of
from tests.flavours import AZURE, CLOUD, DATA_CENTER, EVERY, MOST, usual

SERVER = "azure-devops-server"
ADMINISTRATORS = [(flavour, "administrator", "en") for flavour in (*EVERY, SERVER)]
PLAIN = [(flavour, "plain", "de") for flavour in EVERY]
USUAL = {(CLOUD, "administrator", "en"), (DATA_CENTER, "plain", "de"), (AZURE, "administrator", "en")}
"""What `make test` walks through; `make thorough` the others."""
LOUD = "daily_budget = 200\nbulk_items = 200\n"
LISTED = 'accept_people = ["{dana}"]\n'


@pytest.fixture
def drafting(monkeypatch: pytest.MonkeyPatch) -> Drafting:
    """What the rules find in these tests; all the rest of triage is its own."""
    rule = Drafting()
    monkeypatch.setattr("rules.RULES", (rule,))
    return rule


def show(world: Any, drafting: Drafting, wanted: Sequence[Wanted]) -> None:
    """The bot looks at these items and writes what is wished for."""
    drafting.changes = {one.item.key: [wish.change for wish in one.wishes] for one in wanted}
    world.work()
    for one in wanted:
        numbered = re.findall(r"^(\d+)\. ", world.proposal(one.item), re.MULTILINE)
        assert numbered == [str(number) for number in one.numbers()]


def count(world: Any, one: Wanted, words: str) -> int:
    return int(world.proposal(one.item).count(words))


@pytest.mark.parametrize("kind", [usual(kind, kind in USUAL) for kind in (*ADMINISTRATORS, *PLAIN)])
def test_every_change_is_shown_accepted_and_taken_back(
    make_world: Callable[..., Any], drafting: Drafting, kind: tuple[str, str, str]
) -> None:
    """A plain bot's people decide by the label, or by word where they are listed."""
    flavour, rights, language = kind
    spoken = language if flavour.startswith("jira") else "en"
    world = make_world(flavour, rights=rights, project=LOUD + LISTED * (rights == "plain"), language=spoken)
    furnish(world, language)
    wanted = everything(world, language)
    show(world, drafting, wanted)
    before = [one.as_it_is() for one in wanted]
    if rights == "plain":
        world.say("lee", wanted[0].item, "steward accept 1")
        world.work()
        assert "you are not among the people who may decide" in world.answer(wanted[0].item)
    for one in wanted:
        if rights == "plain":
            world.edit("lee", one.item, labels=("steward-accept",))
        else:
            world.say("dana", one.item, "steward accept all")
        for number, line in one.lines.items():
            world.say("dana", one.item, f"steward accept {number}:\n{line}")
    world.work()
    for one in wanted:
        assert [wish.shows() for wish in one.wishes] == [wish.then for wish in one.wishes]
        accepted = (count(world, one, f"accepted by {name}") for name in ("Dana", "Lee"))
        assert sum(accepted) == len(one.wishes)
        asked = re.findall(r"this project requires (\w+)\.", world.answer(one.item))
        assert asked == [line.partition(" = ")[0] for line in one.lines.values()]

    for one in wanted:
        world.say("dana", one.item, f"steward undo {' '.join(map(str, one.numbers()))}\nsteward accept 1")
    world.work()
    for one, was in zip(wanted, before, strict=True):
        if one.creates and rights == "plain" and flavour.startswith("jira"):
            # Jira lets only administrators delete: the person is told, and nothing is half done.
            assert "Delete Issues" in world.answer(one.item)
            assert one.as_it_is()[:2] == was[:2]
            assert one.wishes[-1].shows() == one.wishes[-1].then
            continue
        assert one.as_it_is() == was
        assert count(world, one, "undone by Dana") == len(one.wishes)
        assert "is already undone by Dana" in world.answer(one.item)


@pytest.mark.parametrize("flavour", MOST)
def test_a_persons_edit_between_the_comment_and_the_word_wins_and_the_comment_says_so(
    make_world: Callable[..., Any], drafting: Drafting, flavour: str
) -> None:
    world = make_world(flavour, project=LOUD)
    furnish(world, "en")
    wanted = everything(world, "en")
    show(world, drafting, wanted)
    for one in wanted:
        world.edit("lee", one.item, **one.spoiling)
        world.say("dana", one.item, "steward accept all")
    edited = [one.as_it_is() for one in wanted]
    world.work()
    for one, left in zip(wanted, edited, strict=True):
        if one.free:  # what no edit stands in the way of is made
            assert all(wish.shows() == wish.then for wish in one.free)
        else:
            assert one.as_it_is() == left
        assert count(world, one, "not applied: the") == len(one.wishes) - len(one.free)
        assert count(world, one, "was changed by Lee") == len(one.wishes) - len(one.free)


@pytest.mark.parametrize("flavour", [CLOUD, AZURE, SERVER])
def test_where_nothing_leads_back_the_link_is_taken_away_and_what_stays_is_said(
    make_world: Callable[..., Any], drafting: Drafting, flavour: str
) -> None:
    world = make_world(flavour, project=LOUD)
    furnish(world, "en", way_back=False)
    words = words_of(world, "en")
    original, copy, other = (Wanted(world, words, words.bug) for _ in range(3))
    closed = CloseDuplicate(original.item.key, original.item.summary)
    copy.wish(closed, lambda: world.tracker.items_linked(copy.item.id), [original.item.id])
    other.wish(SetField("status", words.first, words.done), lambda: other.now().status, words.done)
    show(world, drafting, [copy, other])
    for one in (copy, other):
        world.say("dana", one.item, "steward accept 1")
    world.work()
    for one in (copy, other):
        assert [wish.shows() for wish in one.wishes] == [wish.then for wish in one.wishes]
        world.say("dana", one.item, "steward undo 1")
    world.work()
    assert (copy.wishes[0].shows(), copy.now().status) == ([], words.done)
    assert "undone by Dana" in world.proposal(copy.item)
    assert "not set back: status" in world.proposal(copy.item)
    assert "It is as it was before" not in world.proposal(copy.item)
    assert other.now().status == words.done
    assert "accepted by Dana" in world.proposal(other.item)
    assert "no way back" in world.answer(other.item)


@pytest.mark.parametrize(("flavour", "named"), [(CLOUD, True), (AZURE, True), (CLOUD, False), (AZURE, False)])
def test_drafts_get_the_values_that_the_settings_name_and_are_not_made_without_them(
    make_world: Callable[..., Any], drafting: Drafting, flavour: str, named: bool
) -> None:
    field, value = ("Activity", "Design") if flavour == "azure-devops" else ("Team", "Web")
    settings = f'required_fields = {{{{ {field} = "{value}" }}}}\n' * named
    world = make_world(flavour, project=f"{LOUD}draft_subtasks = true\n{settings}")
    furnish(world, "en")
    words = words_of(world, "en")
    one = Wanted(world, words, words.story)
    one.wish(AddSubtasks(("Keep it", "Show it")), lambda: None)
    show(world, drafting, [one])
    drafts = world.tracker.children(one.item.id)
    assert [draft.summary for draft in drafts] == ["Keep it", "Show it"] * named
    assert all(value in str(draft.fields) for draft in drafts)
    assert (f"{field}: {value}" in world.proposal(one.item)) == named
    world.say("dana", one.item, "steward accept 1")
    world.work()
    assert ("accepted by Dana" in world.proposal(one.item)) == named
    assert (f"requires {field}" in world.answer(one.item)) != named


@pytest.mark.parametrize("flavour", MOST)
def test_what_cannot_be_taken_leaves_the_draft_open_and_a_corrected_line_is_taken(
    make_world: Callable[..., Any], drafting: Drafting, flavour: str
) -> None:
    world = make_world(flavour, project=LOUD)
    furnish(world, "en")
    bug, story, *_ = everything(world, "en")
    show(world, drafting, [bug, story])
    field, value = ("Activity", "Design") if flavour == AZURE else ("Team", "Web")
    urgent, level = ("9", "1") if flavour == AZURE else ("very urgent", "Highest")
    world.say("dana", story.item, "steward accept 5:\nSet x = 1\nSet y = 2")
    world.work()
    assert "suggestion 5 stays open: there is no field Set x and Set y here." in world.answer(story.item)
    world.say("dana", story.item, "steward accept 5:\nSign in: by mail\nTimeout = 30")
    if flavour != AZURE:  # which lists no activities here
        world.say("dana", story.item, f"steward accept 7:\n{field}: Webb")
        world.work()
        said = f"suggestion 7 stays open: {field} has no such value: Webb; it has: {value} and Shop."
        assert said in world.answer(story.item)
    world.say("dana", story.item, f"steward accept 7:\n{field.upper()}={value}")
    world.say("dana", bug.item, f"steward accept 1: {urgent}\nsteward accept 4: 3,50 or so")
    world.work()
    assert [child.summary for child in world.tracker.children(story.item.id)] == ["Sign in: by mail", "Timeout = 30"]
    assert "Split into 2 sub-tasks" in world.proposal(story.item)
    assert f"riority has no such value: {urgent}; it has: {level}, " in world.answer(bug.item)
    assert "4 stays open: estimate takes a plain number, not 3,50 or so." in world.answer(bug.item)
    assert "withdrawn" not in world.proposal(bug.item)
    with world.db.read() as session:
        assert (audit.last_of(session, "not taken") or {}).keys() == {"key", "number", "by", "draft"}
    world.say("dana", bug.item, "steward accept 1\nsteward accept 4: 3,5")
    world.work()
    assert bug.wishes[0].shows() == bug.wishes[0].then
    assert bug.wishes[3].shows() == 3.5


def test_a_move_that_wants_a_person_named_stays_open_until_one_is(
    make_world: Callable[..., Any], drafting: Drafting
) -> None:
    world = make_world(AZURE, project=LOUD)
    process = replace(AGILE, required_in={"Active": frozenset({"System.AssignedTo"})})
    world.mounted.vendor.give_process(world.project, process)
    one = Wanted(world, words_of(world, "en"), "User Story")
    one.wish(SetField("status", "New", "Active"), lambda: one.now().status, "Active")
    show(world, drafting, [one])
    world.say("dana", one.item, "steward accept 1")
    world.work()
    assert "1 stays open: this project requires Assigned To, which the bot does not set" in world.answer(one.item)
    world.edit("lee", one.item, assignee="lee")
    world.say("dana", one.item, "steward accept 1")
    world.work()
    assert one.now().status == "Active"
