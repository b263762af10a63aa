"""When the words of an item speak against its priority."""

import dataclasses

import pytest

from rules.changes import SetPriority
from rules.priority_mismatch import check


@pytest.mark.parametrize(
    ("priority", "summary", "description"),
    [
        ("Low", "Button is grey", "It looks odd."),
        ("Low", "No data loss, but the list flickers", ""),
        ("Low", "Add a message for when the site is down", "It would help."),
        ("Low", "Total is wrong", 'The page says "production is down" in the footer.'),
        ("Low", "Total is wrong", "> production is down"),
        ("Low", "Total is wrong", "This could lead to data loss."),
        ("Low", "Nobody can log in", "There is a workaround: restart."),
        ("Low", "Nobody can log in", "Only on the staging server."),
        ("Low", "Shutting the system down for all users takes a minute", ""),
        ("Low", "Production down for maintenance", ""),
        ("Low", "Scroll the store down for all entries", ""),
        ("High", "Nobody can log in", ""),
        ("Medium", "The export loses all records", ""),
        ("High", "Typo in the footer", ""),
        ("Highest", "Typo in the configuration crashes the server", ""),
        ("Highest", "Typo in the price", ""),
        (None, "Nobody can log in", ""),
        ("P0", "Nobody can log in", ""),
    ],
)
def test_is_silent_where_unsure(make_item, context, priority, summary, description) -> None:
    assert list(check(make_item(priority=priority, summary=summary, description=description), context)) == []


@pytest.mark.parametrize(
    ("priority", "summary", "description", "new", "words"),
    [
        ("Low", "Nobody can log in", "Since this morning.", "High", "Nobody can log in"),
        ("Lowest", "Import", "The import loses all the records.", "High", "loses all the records"),
        ("Low", "Form", "SQL injection in the search form.", "High", "SQL injection"),
        ("Medium", "Payments fail for all customers", "", "High", "Payments fail for all customers"),
        ("Low", "Buyers are charged twice", "", "High", "charged twice"),
        ("Low", "production down for all customers", "", "High", "production down for all customers"),
        ("Low", "Urgent: shop offline since 9:00", "", "High", "shop offline since"),
        ("Highest", "Typo in the footer", "", "Medium", "Typo"),
    ],
)
def test_moves_the_priority_with_the_words_found(
    make_item, context, priority, summary, description, new, words
) -> None:
    [finding] = check(make_item(priority=priority, summary=summary, description=description), context)
    assert finding.change == SetPriority(priority, new)
    assert words in finding.reason


def test_without_a_scheme_nothing_is_said(make_item, context) -> None:
    bare = dataclasses.replace(context, policy=dataclasses.replace(context.policy, priorities=()))
    assert list(check(make_item(priority="Low", summary="Nobody can log in"), bare)) == []


def test_a_story_about_outages_is_no_outage(make_item, context) -> None:
    assert list(check(make_item(type="Story", priority="Low", summary="Nobody can log in"), context)) == []
