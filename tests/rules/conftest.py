"""One item and one context that tests bend to their case."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from rules.model import Context, Policy, WorkItem

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def make_item() -> Callable[..., WorkItem]:
    base = WorkItem("jira", "10", "SHOP-10", "SHOP", "Bug", "s", "", "Open", "todo", NOW, NOW, priority="Medium")
    return lambda **changes: dataclasses.replace(base, **changes)


@pytest.fixture
def context() -> Context:
    return Context(today=NOW, policy=Policy(priorities=("Highest", "High", "Medium", "Low", "Lowest")))
