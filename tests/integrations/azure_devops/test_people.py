"""Who is who, and who may edit, in a sandbox organisation."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from integrations.azure_devops.client import AzureDevOpsConnection
from integrations.azure_devops.organisation.memberships import security_name
from integrations.azure_devops.people import _effective
from integrations.sandbox.site import Mounted
from rules.model import Person


@pytest.fixture
def key(ado: Mounted) -> str:
    return ado.tracker.create_item(ado.tracker.user("dana"), "Shop", "Bug", "Pay").key


def person(ado: Mounted, name: str) -> Person:
    return Person(ado.tracker.user(name).id, name)


def test_the_bot_knows_itself(ado: Mounted, bot: AzureDevOpsConnection) -> None:
    assert bot.people.me() == Person(ado.tracker.user("steward").id, "Steward")


@pytest.mark.parametrize(
    ("name", "allowed"), [("ada", True), ("dana", True), ("lee", True), ("rae", False), ("otto", False)]
)
def test_fault_37_who_may_edit_is_asked_of_the_tracker(
    ado: Mounted, bot: AzureDevOpsConnection, key: str, name: str, allowed: bool
) -> None:
    right = bot.people.may_edit(person(ado, name), key)
    assert right.allowed is allowed
    assert bool(right.missing) is not allowed


def test_fault_37_a_right_that_was_taken_away_is_gone_at_once(
    ado: Mounted, bot: AzureDevOpsConnection, key: str
) -> None:
    lee = person(ado, "lee")
    assert bot.people.may_edit(lee, key).allowed
    ado.tracker.set_role("Shop", "lee", None)
    assert bot.people.may_edit(lee, key).allowed is False
    ado.tracker.set_role("Shop", "lee", "Developers")
    ado.tracker.set_user("lee", active=False)
    assert bot.people.may_edit(lee, key).allowed is False


@pytest.mark.parametrize("identity", ["", "nobody", "00000000-0000-0000-0000-000000000000"])
def test_fault_37_a_stranger_may_not(bot: AzureDevOpsConnection, key: str, identity: str) -> None:
    assert bot.people.may_edit(Person(identity, "x"), key).allowed is not True
    assert bot.people.in_group(Person(identity, "x"), "Contributors", "Shop") is False


def test_a_bot_that_may_not_ask_says_so(ado: Mounted, connect: Callable[..., AzureDevOpsConnection], key: str) -> None:
    right = connect("lee").people.may_edit(person(ado, "dana"), key)
    assert right.allowed is None
    assert right.missing


def test_membership_of_a_group_by_its_short_and_its_full_name(ado: Mounted, bot: AzureDevOpsConnection) -> None:
    dana = person(ado, "dana")
    assert bot.people.in_group(dana, "contributors", "Shop")
    assert bot.people.in_group(dana, "[Shop]\\shop-deciders", "Shop")
    assert not bot.people.in_group(dana, "Project Administrators", "Shop")
    assert not bot.people.in_group(person(ado, "rae"), "Contributors", "Shop")


def test_fault_37_a_group_of_another_project_does_not_count(ado: Mounted, bot: AzureDevOpsConnection) -> None:
    ado.tracker.add_project("Bank", "Bank")
    ado.tracker.set_role("Bank", "otto", "Developers")
    otto = person(ado, "otto")
    assert bot.people.in_group(otto, "Contributors", "Bank")
    assert not bot.people.in_group(otto, "Contributors", "Shop")


def test_a_deny_of_any_group_wins() -> None:
    lists = [
        {"acesDictionary": {"S;1": {"allow": 0, "deny": 0, "extendedInfo": {"effectiveAllow": 48}}}},
        {"acesDictionary": {"S;2": {"allow": 32, "deny": 32}, "S;3": {"allow": 1}}},
    ]
    assert _effective(lists, {"s;1"}) == (48, 0)
    assert _effective(lists, {"s;1", "s;2"}) == (48, 32)
    assert _effective([None, {}, {"acesDictionary": {"s;1": 3}}, {"acesDictionary": []}], {"s;1"}) == (0, 0)
    assert _effective("?", {"s;1"}) == (0, 0)


def test_a_group_is_known_to_access_control_lists_by_its_sid() -> None:
    descriptor = "vssgp.Uy0xLTktMTU1MTM3NDI0NS0xMjM0"
    assert security_name(descriptor) == "Microsoft.TeamFoundation.Identity;S-1-9-1551374245-1234"
    assert security_name("aad.Uy0xLTktMTU1MTM3NDI0NS0xMjM0") == ""
    assert security_name("vssgp.%%%") == security_name("vssgp") == ""
