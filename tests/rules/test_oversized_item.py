"""When an item is too large, and which parts it names itself."""

import pytest

from rules.changes import AddSubtasks
from rules.model import Child
from rules.oversized_item import check

TASKS = "# Tasks\n" + "".join(
    f"- {t}\n" for t in ("Add the table", "Import old orders", "Show the report", "Send the mail", "Write the guide")
)


@pytest.mark.parametrize(
    ("kind", "points", "description"),
    [
        ("Story", 5.0, "Small."),
        ("Story", None, "The list is sorted by date. " * 100),
        ("Story", None, "```\n" + "at shop.Cart.total(Cart.java)\n" * 400 + "```"),
        ("Bug", None, "The list is sorted by date. \n" * 300),
        ("Story", None, "- red\n- green\n- blue\n- black\n- white\n- grey"),
        ("Bug", None, "# Steps to reproduce\n1. Open\n2. Add\n3. Remove\n4. Save\n5. Check\n6. Send"),
        ("Epic", 40.0, TASKS),
        ("Story", None, "# Tasks\n- SHOP-1 add a\n- SHOP-2 add b\n- SHOP-3 add c\n- SHOP-4 add d\n- SHOP-5 add e"),
    ],
)
def test_is_silent_where_nothing_is_large(make_item, context, kind, points, description) -> None:
    assert list(check(make_item(type=kind, story_points=points, description=description), context)) == []


def test_proposes_the_parts_its_own_list_names(make_item, context) -> None:
    [finding] = check(make_item(type="Story", description=TASKS), context)
    assert isinstance(finding.change, AddSubtasks)
    assert finding.change.summaries[0] == "Add the table"
    assert len(finding.change.summaries) == 5


def test_parts_that_children_cover_are_not_repeated(make_item, context) -> None:
    children = (Child("SHOP-11", "Add the table"), Child("SHOP-12", "import old Orders"))
    [finding] = check(make_item(type="Story", description=TASKS, children=children), context)
    assert finding.change.summaries == ("Show the report", "Send the mail", "Write the guide")


def test_points_over_the_limit_without_a_list_are_a_question(make_item, context) -> None:
    [finding] = check(make_item(type="Story", story_points=21.0, description="All of it."), context)
    assert finding.change is None
    assert "21" in finding.reason
    assert len(finding.questions) == 1


def test_very_much_prose_is_a_question_without_headings_too(make_item, context) -> None:
    [finding] = check(make_item(type="Story", description="The list is sorted by date.\n" * 300), context)
    assert finding.change is None
    assert finding.reason == "Its text has 8,100 characters."
