"""Each contract test runs on every flavour, with each kind of account that a bot may have, and once on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

FLAVOURS = ("jira-cloud", "jira-data-center", "azure-devops")
ACCOUNTS = ("administrator", "plain", "shared")
WORLDS = [(flavour, account, "sqlite") for flavour in FLAVOURS for account in ACCOUNTS]


@pytest.fixture(params=[*WORLDS, ("jira-cloud", "administrator", "postgresql")], ids="-".join)
def world(request: pytest.FixtureRequest, make_world: Callable[..., Any]) -> Any:
    """A world of one flavour. A plain bot may not ask for people's rights: its project lists who may decide."""
    flavour, account, database = request.param
    if account == "administrator":
        return make_world(flavour, database=database)
    listed = 'accept_people = ["{dana}", "{lee}"]'
    if account == "plain":
        return make_world(flavour, rights="plain", project=listed)
    return make_world(flavour, account="shared", rights="plain", project=listed)
