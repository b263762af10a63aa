from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from prompts.library import Prompt, load_library
from rules.model import WorkItem

MakeItem = Callable[..., WorkItem]


@pytest.fixture
def make_item() -> MakeItem:
    def make(
        summary: str = "Sort the wish list", description: str = "By price, lowest first.", **more: str
    ) -> WorkItem:
        moment = datetime(2031, 4, 2, tzinfo=UTC)
        return WorkItem(
            connection="shop",
            id="1",
            key=more.pop("key", "SHOP-1"),
            project="SHOP",
            type=more.pop("type", "Story"),
            summary=summary,
            description=description,
            status="To Do",
            status_category="todo",
            created=moment,
            updated=moment,
            **more,  # type: ignore[arg-type]  # only text fields are given
        )

    return make


@pytest.fixture(scope="session")
def criteria_prompt() -> Prompt:
    return load_library()["acceptance_criteria"]
