"""A part of a project as an administrator writes it: an area, or a condition of a query."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.azure_devops.client import AzureDevOpsConnection
from integrations.azure_devops.organisation.scopes import condition
from integrations.sandbox.azure_devops.resources.areas import add_area
from integrations.sandbox.records import Item
from integrations.sandbox.site import Mounted
from integrations.tracker import Invalid, Missing
from tests.integrations.azure_devops.conftest import Connect
from tests.integrations.azure_devops.deeds import make

SCOPES = {
    "Shop\\Checkout": [0, 1],
    "[System.AreaPath] UNDER 'Shop\\Checkout'": [0, 1],
    "[System.Tags] CONTAINS 'pilot'": [1, 2],
    "[System.Tags] CONTAINS 'pilot' OR [System.WorkItemType] = 'Bug'": [1, 2, 3],
    "[System.AreaPath] = @project": [2, 3],
    "System.Id > 0": [0, 1, 2, 3],
    "": [0, 1, 2, 3],
}


@pytest.fixture
def items(ado: Mounted) -> list[Item]:
    for area in ("Checkout", "Checkout\\Cards"):
        add_area(ado.tracker, ado.tracker.project("Shop"), f"Shop\\{area}")
    ado.tracker.add_project("Bank", "Bank", roles={"dana": "Developers"})
    make(ado, project="Bank", labels=("pilot",))
    return [
        make(ado, **{"System.AreaPath": "Shop\\Checkout"}),
        make(ado, labels=("pilot",), **{"System.AreaPath": "Shop\\Checkout\\Cards"}),
        make(ado, labels=("pilot",)),
        make(ado, type="Bug"),
    ]


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_covers_the_same_items_in_a_list_and_one_by_one(
    bot: AzureDevOpsConnection, items: list[Item], scope: str
) -> None:
    wanted = [items[index].key for index in SCOPES[scope]]
    assert [item.key for item in bot.reader.moved("Shop", None, scope=scope).items] == wanted
    assert [item.key for item in items if bot.reader.is_within(item.key, scope)] == wanted


def test_an_item_that_is_not_there_is_within_nothing(bot: AzureDevOpsConnection) -> None:
    for scope in ("", "[System.Id] > 0"):
        with pytest.raises(Missing):
            bot.reader.is_within("99", scope)


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("[System.Id] > 0 ORDER BY [System.Id]", "leave out ORDER BY"),
        ("[System.Id] > 0 ASOF '2026-01-01'", "leave out ASOF"),
        ("SELECT [System.Id] FROM WorkItems WHERE [System.Id] > 0", "leave out SELECT"),
        ("[System.Id] > 0 from WorkItems", "leave out FROM"),
        ("[System.Title] = 'x", "quotation mark"),
        ('[System.Title] = "x', "quotation mark"),
        ("([System.Id] > 0", "bracket that it does not close"),
        ("[System.Id] > 0) OR ([System.Id] > 0", "bracket that it has not opened"),
        ("[System.Id > 0", "square bracket"),
        ("[System.Id] > 0; [System.Id] > 0", "character"),
        ("[System.Id] > 0 AND " * 1000, "longer"),
    ],
)
def test_a_scope_that_is_no_condition_is_refused_in_plain_words(scope: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        condition(scope)


@pytest.mark.parametrize("text", ["FROM", "ORDER BY", "(", ")", "it''s; [x"])
def test_words_within_quotes_are_only_words(text: str) -> None:
    scope = f"[System.Title] CONTAINS '{text}'"
    assert condition(scope) == f"({scope})"


@pytest.mark.parametrize("scope", ["Shop\\Nowhere", "Shop' OR 'x", "[Custom.Nope] = 1", "[System.Id] LIKE 1"])
def test_what_the_tracker_does_not_know_is_invalid(bot: AzureDevOpsConnection, items: list[Item], scope: str) -> None:
    with pytest.raises(Invalid):
        bot.reader.moved("Shop", None, scope=scope)
    with pytest.raises(Invalid):
        bot.reader.is_within(items[0].key, scope)


@given(st.text(alphabet="ab '\"()[]\\=<>;", max_size=40) | st.text(max_size=40))
def test_a_condition_never_leaves_its_brackets(scope: str) -> None:
    try:
        made = condition(scope)
    except Invalid:
        return
    depth, quote = 0, ""
    for index, char in enumerate(made):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"" and "[" not in made[:index].rpartition("]")[2]:
            quote = char
        elif "[" in made[:index].rpartition("]")[2]:
            continue
        else:
            depth += {"(": 1, ")": -1}.get(char, 0)
            assert depth > 0 or index == len(made) - 1
    assert not quote


@pytest.mark.parametrize("path", ["Shop\\Checkout", "checkout", "\\Shop\\CHECKOUT\\"])
def test_items_in_a_closed_area_and_below_are_restricted_and_give_their_parent_no_title(
    items: list[Item], connect: Connect, ado: Mounted, path: str
) -> None:
    ado.tracker.change_item(None, items[0].id, {"parent": items[3].id})
    ado.tracker.add_project("Other", "Other", roles={"steward": "Administrators"})
    foreign = ado.tracker.create_item(None, "Other", "Bug", "Of another project", parent=items[3].id)
    reader = connect(restricted={"Shop": (path,), "Other": ()}).reader
    read = reader.moved("Shop", None).items
    assert [reader.fetch(str(item.id)).restricted for item in items] == [True, True, False, False]
    assert {one.key: one.restricted for one in read}[str(items[1].id)]
    children = {child.key: child.summary for child in reader.fetch(str(items[3].id)).children}
    assert children == {str(items[0].id): "", str(foreign.id): ""}
    inside, outside = reader.listed("Shop", restricted=True), reader.listed("Shop")
    assert (len(inside.ids), set(outside.ids)) == (2, {str(items[2].id), str(items[3].id)})
    assert reader.listed("Other", restricted=True).ids == ()


def test_a_closed_area_that_the_project_does_not_know_is_refused(connect: Connect, items: list[Item]) -> None:
    with pytest.raises(Invalid):
        connect(restricted={"Shop": ("Chekout",)}).reader.listed("Shop", restricted=True)
