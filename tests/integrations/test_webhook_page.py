"""The page that says what the bot does with each event is the tables' own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from integrations.azure_devops.webhook.events import EVENTS as AZURE_DEVOPS
from integrations.azure_devops.webhook.events import IGNORED_FAMILIES
from integrations.jira.webhook.events import BY_A_RULE, COMMENT_REASONS, RULE
from integrations.jira.webhook.events import EVENTS as JIRA
from integrations.tracker import Meaning

PAGE = Path(__file__).resolve().parents[2] / "docs" / "webhooks.md"


def rows(events: Mapping[str, Meaning], shown: str = "`{}`") -> Iterator[str]:
    for name, meaning in events.items():
        yield f"| {shown.format(name)} | {meaning.kind} | {meaning.why} |"


def expected() -> list[str]:
    return [
        *rows(JIRA),
        *rows(COMMENT_REASONS, "`jira:issue_updated` that says `{}`"),
        *rows({BY_A_RULE: RULE}, "a request of a rule of Jira Automation"),
        *rows(AZURE_DEVOPS),
        *rows(IGNORED_FAMILIES, "`{}*`"),
    ]


def test_every_event_has_its_row_and_every_row_is_an_events() -> None:
    page = PAGE.read_text("utf-8").splitlines()
    assert [line for line in page if line.startswith(("| `", "| a request"))] == expected()


def test_every_event_that_is_ignored_says_why() -> None:
    for meaning in [*JIRA.values(), *IGNORED_FAMILIES.values(), *COMMENT_REASONS.values()]:
        assert meaning.why.endswith(".")
