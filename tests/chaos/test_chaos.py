"""The short forms of `make chaos`: a dozen tickets and a few kills."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.__main__ import FAULTS
from tests.chaos.chaos import Order, Run, Store
from tests.postgres import binaries

pytestmark = pytest.mark.thorough


@pytest.mark.xdist_group("chaos")
@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_fault_15_nothing_is_lost_or_doubled_while_the_bot_is_killed(tmp_path: Path, store: Store) -> None:
    if store == "postgres" and binaries() is None:
        pytest.skip("this machine has no PostgreSQL server")
    order = Order(store, "azure-devops", 4, tickets=6, kills=3, most_kills=4, rate=4.0, patience=420.0, workers=2)
    report = Run(order, tmp_path, lambda how: None).measure()
    assert {name: report[name] for name in FAULTS} == {name: [] for name in FAULTS}
    assert report["dead_letters"] == []
    assert report["kills"] >= 3


@pytest.mark.xdist_group("chaos")
def test_fault_17_nothing_is_lost_while_postgresql_restarts(tmp_path: Path) -> None:
    if binaries() is None:
        pytest.skip("this machine has no PostgreSQL server")
    # With this seed one restart comes after six seconds, and an immediate one after six more. What the tracker gives up
    # to deliver meanwhile, on a slow machine, is found by the poll that comes every five minutes.
    order = Order("postgres", "azure-devops", 399, tickets=8, minutes=0.25, rate=1.0, patience=420.0, workers=2)
    report = Run(order, tmp_path, lambda how: None).measure()
    assert {name: report[name] for name in FAULTS} == {name: [] for name in FAULTS}
    assert report["restarts"] >= 2
