"""Holds every exchange with a sandbox tracker against the vendors' specifications, in every run of the tests.

`recording` hears what is asked of every sandbox tracker and what it answers, `checking` holds an exchange against the
operation that describes it, `telling` says at the end what was checked. The test during which something new is found
that does not fit fails as it ends. Where the specifications do not lie beside the checkout, nothing is recorded and
nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.specifications.checking import Specifications
from tests.specifications.recording import Recording
from tests.specifications.telling import Tally, section

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "specs"
SANDBOX_TESTS = "tests/integrations/sandbox/"
"""Tests that ask the sandbox themselves, often for what is wrong: only the answers they get are checked."""


class Watch:
    """Checks what is heard, test by test."""

    def __init__(self, folder: Path) -> None:
        self.recording, self.tally = Recording(), Tally()
        self.specifications = Specifications(folder)
        self._told: set[str] = set()
        self.recording.start()

    def settle(self, test: str) -> list[str]:
        """Check what was heard since the last time; returns what is wrong and was not told before."""
        heard, problems = self.recording.heard, []
        while heard:
            exchange = heard.popleft()
            by_tests = test.startswith(SANDBOX_TESTS)
            found = self.specifications.check(exchange, request=not by_tests)
            self.tally.add(exchange.flavour, found, by_tests=by_tests)
            problems += [problem for problem in found.problems if problem not in self._told]
            self._told.update(found.problems)
        self.tally.asked = self.recording.asked
        self.tally.violations += [f"{test}: {problem}" for problem in problems]
        return problems


WATCH = pytest.StashKey[Watch]()


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Listen, where there is something to check against."""
    if FOLDER.is_dir():
        config.stash[WATCH] = Watch(FOLDER)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Check when all that a test started has ended."""
    yield
    watch = item.config.stash.get(WATCH, None)
    problems = watch.settle(item.nodeid) if watch else []
    if problems:
        pytest.fail("This does not fit the vendor's specification:\n  " + "\n  ".join(problems), pytrace=False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what a worker counted to the one that tells."""
    watch = session.config.stash.get(WATCH, None)
    if watch and hasattr(session.config, "workeroutput"):
        session.config.workeroutput["specifications"] = watch.tally.packed()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker counted."""
    watch = node.config.stash.get(WATCH, None)
    packed = getattr(node, "workeroutput", {}).get("specifications")
    if watch and packed:
        watch.tally.merge(Tally.unpacked(packed))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Tell."""
    watch = config.stash.get(WATCH, None)
    if watch and watch.tally.asked:
        from tests.specifications.spoken import spoken  # all of the sandbox, which a short run does not need

        terminalreporter.section("the vendors' specifications")
        for line in section(watch.tally, spoken(watch.specifications)):
            terminalreporter.write_line(line)
