"""Each contract test runs on every flavour, with each kind of account that a bot may have, and once on PostgreSQL."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from tests.flavours import AZURE, CLOUD, DATA_CENTER, EVERY, usual

ACCOUNTS = ("administrator", "plain", "shared")
USUAL = {
    (CLOUD, "administrator", "sqlite"),
    (CLOUD, "administrator", "postgresql"),
    (CLOUD, "shared", "sqlite"),
    (DATA_CENTER, "plain", "sqlite"),
    (AZURE, "administrator", "sqlite"),
    (AZURE, "plain", "sqlite"),
}
"""What `make test` walks through; `make thorough` the others."""
WORLDS = [*itertools.product(EVERY, ACCOUNTS, ["sqlite"]), (CLOUD, "administrator", "postgresql")]


@pytest.fixture(params=[usual(world, world in USUAL) for world in WORLDS])
def world(request: pytest.FixtureRequest, make_world: Callable[..., Any]) -> Any:
    """A world of one flavour. A plain bot may not ask for people's rights: its project lists who may decide."""
    flavour, account, database = request.param
    if account == "administrator":
        return make_world(flavour, database=database)
    listed = 'accept_people = ["{dana}", "{lee}"]'
    if account == "plain":
        return make_world(flavour, rights="plain", project=listed)
    return make_world(flavour, account="shared", rights="plain", project=listed)
