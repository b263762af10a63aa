"""The trackers that tests walk through, by their flavours."""

from __future__ import annotations

from typing import Any

import pytest

CLOUD, DATA_CENTER, AZURE = "jira-cloud", "jira-data-center", "azure-devops"
EVERY = (CLOUD, DATA_CENTER, AZURE)
_SELDOM = {flavour: pytest.param(flavour, marks=pytest.mark.thorough) for flavour in EVERY}
MOST = (CLOUD, _SELDOM[DATA_CENTER], AZURE)
"""For a long way on which Data Center goes along with Cloud: `make test` leaves its turn to `make thorough`."""
FEW = (CLOUD, _SELDOM[DATA_CENTER], _SELDOM[AZURE])
"""For one that is the bot's own way: no tracker makes a difference to it."""


def usual(world: tuple[str, ...], is_usual: bool) -> Any:
    """A parameter by its words' name, which `make test` walks through only where it is usual."""
    return pytest.param(world, id="-".join(world), marks=() if is_usual else pytest.mark.thorough)
