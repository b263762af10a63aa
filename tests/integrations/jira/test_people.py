"""Who is who and who may what, in the sandbox of both flavours."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.tracker import Refused, Right
from rules.model import Person


def person(world: Any, name: str) -> Person:
    user = world.tracker.user(name)
    return Person(user.id, user.display_name)


def test_the_bot_knows_itself(world: Any) -> None:
    assert world.jira.people.me() == person(world, "steward")


@pytest.mark.parametrize(
    ("name", "allowed"), [("ada", True), ("dana", True), ("lee", True), ("rae", False), ("otto", False)]
)
def test_the_right_to_edit_is_the_trackers_own_answer(world: Any, name: str, allowed: bool) -> None:
    key = world.file("A")
    assert world.jira.people.may_edit(person(world, name), key) == Right(allowed)


def test_the_right_is_asked_for_by_id_as_well(world: Any) -> None:
    key = world.file("A")
    assert world.jira.people.may_edit(person(world, "dana"), str(world.id(key))).allowed is True


def test_fault_37_a_right_that_was_taken_away_is_gone_at_once(world: Any) -> None:
    key, dana = world.file("A"), person(world, "dana")
    assert world.jira.people.may_edit(dana, key).allowed is True
    world.tracker.set_role("SHOP", "dana", "Reporters")
    assert world.jira.people.may_edit(dana, key).allowed is False
    world.tracker.set_role("SHOP", "dana", "Developers")
    world.tracker.set_user("dana", active=False)
    assert world.jira.people.may_edit(dana, key).allowed is False


def test_fault_37_an_app_a_stranger_and_nobody_may_not(world: Any) -> None:
    key = world.file("A")
    for somebody in (
        Person("", "x"),
        Person("no-such-id", "x"),
        Person(world.tracker.user("dana").id, "x", is_app=True),
    ):
        assert world.jira.people.may_edit(somebody, key).allowed is False


def test_a_name_that_begins_with_a_persons_name_is_not_that_person(world: Any) -> None:
    world.tracker.add_account("danae")
    key = world.file("A")
    assert world.jira.people.may_edit(person(world, "danae"), key).allowed is False


def test_a_bot_that_may_not_ask_says_what_it_lacks(plain_world: Any) -> None:
    world = plain_world
    right = world.jira.people.may_edit(person(world, "dana"), world.file("A"))
    assert right.allowed is None
    assert "Administer Projects on SHOP" in right.missing


@pytest.mark.parametrize("by_person", [True, False], ids=["listed by person", "listed by group only"])
def test_membership_of_a_role_or_a_group_is_found(world: Any, by_person: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    people = world.jira.people
    if not by_person:
        monkeypatch.setattr(type(people), "_groups", lambda *_: None)
    assert people.in_group(person(world, "dana"), "developers", "SHOP")
    assert not people.in_group(person(world, "rae"), "Developers", "SHOP")
    assert people.in_group(person(world, "dana"), "shop-deciders", "SHOP")
    assert not people.in_group(person(world, "lee"), "shop-deciders", "SHOP")
    assert not people.in_group(person(world, "dana"), "no-such-group", "SHOP")
    assert not people.in_group(Person("", ""), "developers", "SHOP")


def test_a_bot_that_may_not_see_roles_says_what_it_lacks(plain_world: Any) -> None:
    with pytest.raises(Refused) as caught:
        plain_world.jira.people.in_group(person(plain_world, "dana"), "Developers", "SHOP")
    assert "Administer Projects on SHOP" in caught.value.missing
