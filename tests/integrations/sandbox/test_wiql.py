"""The query language of the Azure DevOps sandbox."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.sandbox.wiql import Field, Query, Scope, WiqlError, parse

FIELDS = (
    Field("System.Id", "ID", "integer"),
    Field("System.Title", "Title", "string"),
    Field("System.State", "State", "string"),
    Field("System.TeamProject", "Team Project", "string"),
    Field("System.AssignedTo", "Assigned To", "identity"),
    Field("System.ChangedDate", "Changed Date", "dateTime"),
    Field("System.Tags", "Tags", "plainText"),
    Field("System.AreaPath", "Area Path", "treePath"),
    Field("System.Parent", "Parent", "integer"),
    Field("System.Description", "Description", "html"),
)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
RECORD = {
    "System.Id": 7,
    "System.Title": "Checkout hangs",
    "System.State": "Active",
    "System.TeamProject": "Shop",
    "System.AssignedTo": ("Dana Duarte", "dana@corner-shop.example"),
    "System.ChangedDate": datetime(2026, 11, 20, 10, 30, tzinfo=UTC),
    "System.Tags": ("steward-draft", "Payment"),
    "System.AreaPath": "Shop\\Web\\Cart",
    "System.Description": "<p>It hangs</p>",
}


def read(where: str, **scope: object) -> Query:
    settings = {"fields": FIELDS, "project": "Shop", "me": "dana@corner-shop.example", "now": NOW} | scope
    return parse(f"SELECT [System.Id] FROM WorkItems{where and ' WHERE ' + where}", Scope(**settings))


def test_a_query_without_conditions_wants_everything() -> None:
    query = read("")
    assert query.matches(RECORD)
    assert [column.reference_name for column in query.columns] == ["System.Id"]
    assert query.order == ()


@pytest.mark.parametrize(
    "where",
    [
        "[System.TeamProject] = @project",
        "[State] <> 'Closed' AND [State] <> 'Removed'",
        "[system.state] = 'active'",
        "System.Id IN (1, 7, '9')",
        "[System.Id] NOT IN (1, 2)",
        "[System.Id] >= 7 AND [System.Id] < 8",
        "[System.AssignedTo] = @me",
        "[System.AssignedTo] = 'Dana Duarte'",
        "[System.Tags] CONTAINS 'payment'",
        "[System.Tags] NOT CONTAINS 'steward'",
        "[System.AreaPath] UNDER 'Shop\\Web'",
        "[System.AreaPath] NOT UNDER 'Shop\\We'",
        "[System.Parent] = ''",
        "[System.Parent] <> 5",
        "[System.Description] IS NOT EMPTY",
        "[System.Title] CONTAINS 'HANGS'",
        "[System.ChangedDate] >= @today - 1",
        "[System.ChangedDate] = '2026-11-20'",
        "[System.ChangedDate] <= '2026-11-20T00:00:00Z'",
        "NOT [System.Id] = 8 AND ([System.Id] = 9 OR [System.Id] = 7)",
        "[System.Title] <> 'it''s'",
    ],
)
def test_a_condition_that_holds_matches(where: str) -> None:
    assert read(where).matches(RECORD)


@pytest.mark.parametrize(
    "where",
    [
        "[System.State] = 'Closed'",
        "[System.Tags] CONTAINS 'steward'",
        "[System.AreaPath] UNDER 'Shop\\We'",
        "[System.ChangedDate] > '2026-11-20'",
        "[System.ChangedDate] < '2026-11-20'",
        "[System.Parent] IN (1, 2)",
        "[System.Parent] > 0",
        "[System.AssignedTo] = ''",
        "[System.Description] IS EMPTY",
    ],
)
def test_a_condition_that_does_not_hold_does_not_match(where: str) -> None:
    assert not read(where).matches(RECORD)


def test_time_precision_compares_to_the_second() -> None:
    assert read("[System.ChangedDate] >= '2026-11-20T10:30:00Z'", time_precision=True).matches(RECORD)
    assert not read("[System.ChangedDate] >= '2026-11-20T10:30:01Z'", time_precision=True).matches(RECORD)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("[System.ChangedDate] >= '2026-11-20T10:30:00Z'", "cannot supply a time with the date"),
        ("[Custom.Nope] = 1", "TF51005"),
        ("[System.Id] LIKE 1", "TF51009"),
        ("[System.Id] = ", "constant value"),
        ("[System.Id] = 1 ASOF '2026-01-01'", "Expecting end of string"),
        ("[System.WorkItemType] IN GROUP 'x'", "TF51005"),
        ("[System.State] IN GROUP 'x'", "TF51009"),
        ("[System.Tags] = 'x'", "TF51007"),
        ("[System.Id] UNDER 'x'", "TF51007"),
        ("[System.Id] = 'seven'", "TF51012"),
        ("[System.ChangedDate] > 'soon'", "TF51013"),
        ("[System.Title] = @currentIteration", "TF51003"),
        ("[System.Title] = ;", "TF51011"),
        ("(" * 60 + "[System.Id] = 1", "VS402341"),
        ("[System.Id] = 1 AND " * 2000 + "[System.Id] = 1", "VS402346"),
    ],
)
def test_what_is_not_spoken_is_refused_by_name(where: str, words: str) -> None:
    with pytest.raises(WiqlError, match=words):
        read(where)


def test_a_top_clause_is_answered_as_the_product_does() -> None:
    with pytest.raises(WiqlError, match=r"TF51006.*missing a FROM clause.*«5»"):
        parse("SELECT TOP 5 [System.Id] FROM WorkItems", Scope(FIELDS, None, "", NOW))


def test_project_means_nothing_outside_a_project() -> None:
    with pytest.raises(WiqlError, match="TF51022"):
        read("[System.TeamProject] = @project", project=None)


def test_records_are_sorted_as_asked_with_empty_values_first() -> None:
    query = read("[System.Id] > 0 ORDER BY [System.State], [System.Id] DESC")
    records = [{"System.Id": 1, "System.State": "New"}, {"System.Id": 2, "System.State": "active"}, {"System.Id": 3}]
    records.append({"System.Id": 4, "System.State": "New"})
    assert [r["System.Id"] for r in query.sort(records)] == [3, 2, 4, 1]


@given(st.text(max_size=400))
def test_no_text_makes_the_reader_fail_other_than_by_its_own_error(text: str) -> None:
    try:
        read(text)
    except WiqlError:
        return


def test_hostile_text_is_read_in_linear_time() -> None:
    for filler in ("'", "[", "((((", "@", "a.", "[a] = 1 and "):
        with pytest.raises(WiqlError):
            read((filler * 32_000)[:31_000] + "!")
