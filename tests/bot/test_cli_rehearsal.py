"""What `steward doctor --rehearse` does to a tracker, and what it leaves there: nothing."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot import doctor
from bot.reports.proposals import listed
from bot.telemetry.connections import Hearing
from bot.telemetry.status.looking import look
from integrations.sandbox.azure_devops.resources.areas import add_area
from integrations.sandbox.jira.scheme import Field, Scheme, arrange
from integrations.sandbox.records import Item
from integrations.tracker import SCRATCH_LABEL, SCRATCH_SUMMARY, Refused, Unreachable
from tests.commands import Told, config_of, rewrite

FLAVOURS = ("jira-cloud", "jira-data-center", "azure-devops")

TEAM = Field(
    "customfield_10060", "Team", {"type": "option", "custom": "x:select"}, required=True, options=("Web", "Store")
)


def scratch_items(world: Any) -> list[Item]:
    return [item for item in world.tracker.select() if SCRATCH_LABEL in item.labels]


def settings_of(world: Any) -> Any:
    return next(iter(world.settings.projects.values()))


def rehearsed(world: Any, stopped: Callable[[], bool] = lambda: False) -> list[doctor.Step]:
    steps: list[doctor.Step] = []
    doctor.rehearse(world.wired.client, settings_of(world), steps.append, stopped)
    return steps


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_rehearsal_where_all_is_well_says_so_step_by_step_and_leaves_nothing(
    steward: Callable[..., Told], make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour)
    told = steward("doctor", "--rehearse", world.project, "-c", config_of(world))
    assert told.code == 0, told.out + told.err
    assert {line[:8].strip() for line in told.out.splitlines()} == {"ok"}
    done = ("made a scratch item", "edited the comment", "wrote a label", "undid a section", "undid a priority")
    assert all(words in told.out for words in (*done, "deleted the comment"))
    assert world.tracker.select() == []


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_nobody_is_told_of_a_rehearsal(make_world: Callable[..., Any], flavour: str) -> None:
    world = make_world(flavour)
    assert all(step.state == "ok" for step in rehearsed(world))
    assert world.mounted.mailbox.mails == []


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_rehearsal_of_an_account_that_is_no_administrator_says_what_it_may_not(
    steward: Callable[..., Told], make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour, rights="plain")
    told = steward("doctor", "--rehearse", world.project, "-c", config_of(world))
    assert told.code == 0, told.out + told.err
    assert "skipped asked whether a person may edit it" in told.out
    if flavour == "azure-devops":
        assert world.tracker.select() == []
        return
    assert "the right to delete items lacks, so it is closed" in told.out
    assert [world.tracker.term("status", item.status).category for item in scratch_items(world)] == ["done"]
    again = steward("doctor", "--rehearse", world.project, "-c", config_of(world))
    assert again.code == 0, again.out
    world.tracker.set_role(world.project, "steward", "Administrators")
    assert [world.wired.client.rehearser.remove(item.key) for item in scratch_items(world)] == [True, True]
    assert world.tracker.select() == []


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_what_a_killed_rehearsal_left_is_removed_by_the_next(make_world: Callable[..., Any], flavour: str) -> None:
    world = make_world(flavour)
    left = world.wired.client.rehearser.create(settings_of(world).key, "", ())
    mine = world.file(SCRATCH_SUMMARY, "A person's own.", who="rae")
    world.edit("dana", mine, labels=[SCRATCH_LABEL])
    steps = rehearsed(world)
    assert steps[0].what == f"looked for what earlier rehearsals left: {left} is deleted"
    assert [item.id for item in world.tracker.select()] == [mine.id]


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_rehearsal_that_is_interrupted_removes_what_it_made(make_world: Callable[..., Any], flavour: str) -> None:
    world = make_world(flavour)
    for after in (1, 5):
        asked: Iterator[bool] = iter([False] * after + [True] * 50)
        steps = rehearsed(world, lambda: next(asked))  # noqa: B023 - called within this turn
        assert "interrupted" in [step.what for step in steps if step.state == "FIX"]
        assert world.tracker.select() == []


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_step_that_fails_is_named_and_the_others_are_walked(
    steward: Callable[..., Told],
    make_world: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    flavour: str,
) -> None:
    world = make_world(flavour)

    def refuse(*_: object, **__: object) -> str:
        raise Refused("no", "Add Comments on it\x1b[2J")

    monkeypatch.setattr(type(world.wired.client.commenter), "post", refuse)
    told = steward("doctor", "--rehearse", world.project, "-c", config_of(world))
    assert told.code == 1
    assert "FIX     posted a comment and found it by its marker: the tracker refuses: Add Comments on it" in told.out
    assert "edited the comment" not in told.out
    assert "\x1b" not in told.out, "a terminal must not obey a tracker"
    assert "undid a label" in told.out
    assert world.tracker.select() == []


def test_ctrl_c_ends_a_rehearsal_and_removes_what_it_made(
    steward: Callable[..., Told], make_world: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world()
    commenter = type(world.wired.client.commenter)
    post = commenter.post

    def interrupt(*arguments: Any, **named: Any) -> str:
        signal.raise_signal(signal.SIGINT)
        return str(post(*arguments, **named))

    monkeypatch.setattr(commenter, "post", interrupt)
    told = steward("doctor", "--rehearse", world.project, "-c", config_of(world))
    assert told.code == 1
    assert "FIX     interrupted" in told.out
    assert told.out.splitlines()[-1].startswith("ok      deleted SHOP-1")
    assert world.tracker.select() == []


def test_an_item_that_was_made_although_no_answer_came_is_found_and_removed(
    make_world: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world()
    rehearser = type(world.wired.client.rehearser)
    create = rehearser.create

    def lose_the_answer(*arguments: Any) -> str:
        create(*arguments)
        raise Unreachable("lost")

    monkeypatch.setattr(rehearser, "create", lose_the_answer)
    assert rehearsed(world)[-1].what.endswith("SHOP-1 is deleted")
    assert world.tracker.select() == []


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_an_item_that_is_kept_stays_until_the_next_rehearsal_and_one_with_a_persons_words_for_ever(
    steward: Callable[..., Told], make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour)
    told = steward("doctor", "--rehearse", world.project, "--keep", "-c", config_of(world))
    assert told.code == 0, told.out
    (kept,) = scratch_items(world)
    world.say("dana", kept, "Please do not delete this yet.")
    told = steward("doctor", "--rehearse", world.project, "-c", config_of(world))
    assert f"Dana Duarte has commented on {kept.key}, so it stays" in told.out
    assert [item.id for item in world.tracker.select()] == [kept.id]


@pytest.mark.parametrize("flavour", FLAVOURS[:2])
def test_fields_that_the_project_requires_are_asked_for_and_taken_from_the_settings(
    steward: Callable[..., Told], make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour)
    arrange(world.tracker, world.project, Scheme(fields=(TEAM,)))
    config = config_of(world)
    told = steward("doctor", "--rehearse", world.project, "-c", config)
    assert told.code == 1
    assert "FIX     made a scratch item: the project requires values for: Team" in told.out
    assert "Give them under required_fields of the project" in told.out
    rewrite(config, 'connection = "tracker"', 'connection = "tracker"\nrequired_fields = { Team = "Web" }')
    assert steward("doctor", "--rehearse", world.project, "-c", config).code == 0
    assert world.tracker.select() == []


def test_a_project_that_is_not_in_the_settings_is_named(
    steward: Callable[..., Told], make_world: Callable[..., Any]
) -> None:
    config = config_of(make_world())
    told = steward("doctor", "--rehearse", "mian", "-c", config)
    assert "there is no such project: mian; did you mean main?" in told.err
    assert "--keep goes with --rehearse" in steward("doctor", "--keep", "-c", config).err
    assert steward("doctor", "--rehearse", "main", "-c", config).code == 0


def test_a_scratch_item_is_put_into_the_area_of_the_scope(make_world: Callable[..., Any]) -> None:
    world = make_world("azure-devops")
    home = world.tracker.project(world.project)
    add_area(world.tracker, home, f"{home.name}\\Checkout")
    key = world.wired.client.rehearser.create(settings_of(world).key, f"{home.name}\\Checkout", ())
    assert world.wired.client.reader.fetch(key).components == (f"{home.name}\\Checkout",)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_a_rehearsal_that_may_not_edit_asks_for_that_right_and_finds_no_fault_with_what_it_did_not_write(
    make_world: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, flavour: str
) -> None:
    world = make_world(flavour)

    def refuse(*_: object, **__: object) -> None:
        raise Refused("no", "Edit Issues on SHOP-1")

    monkeypatch.setattr(type(world.wired.client.applier), "perform", refuse)
    steps = {step.what: step for step in rehearsed(world)}
    assert (
        "Give the bot's account that right"
        in steps["wrote a label: the tracker refuses: Edit Issues on SHOP-1 is missing"].remedy
    )
    assert steps["read in its history who has changed it"].state == "skipped"


@pytest.mark.parametrize("flavour", FLAVOURS[:2])
def test_a_comment_for_nobody_is_told_by_the_rehearsal_the_proposals_and_the_status_page(
    make_world: Callable[..., Any], capsys: pytest.CaptureFixture[str], flavour: str
) -> None:
    world = make_world(flavour, project='comments_for = "role:Nobodies"')
    failed = next(step for step in rehearsed(world) if step.state == "FIX")
    assert "takes no comment for role:Nobodies" in failed.what
    assert "See comments_for" in failed.remedy
    world.file("Make it better")
    world.work(leap=False)
    assert world.queue.leap()
    world.queue.run_due()
    assert "NoAudience" in capsys.readouterr().out
    (entry,) = listed(world.db)
    assert (entry["state"], "role:Nobodies" in entry["held_because"]) == ("not posted", True)
    status = look(world.settings, world.db, dict, Hearing(), world.queue.now, "1")
    assert any("1 comment of tracker could not be posted" in problem.what for problem in status.problems)
