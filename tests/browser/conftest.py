"""A real Chromium, and a sandbox served to it. Without Chromium these tests are skipped by name."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from integrations.sandbox.loading import read_backlog, seed_tracker
from integrations.sandbox.site import Served, Site, serve
from integrations.sandbox.state import Tracker

SAMPLE = Path(__file__).resolve().parents[2] / "bot" / "samples" / "corner_shop.jsonl"
_NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The browser, started once."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        if os.environ.get("STEWARD_REQUIRE_CHROMIUM"):
            pytest.fail("Chromium is not installed, and this run requires it")
        pytest.skip("Chromium is not installed")
    with playwright.sync_playwright() as driver:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = driver.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page in a context of its own; whatever the console complains about fails the test at its end."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def make(width: int = 1280, height: int = 900, **options: Any) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def sandbox() -> Iterator[Served]:
    """`cloud`, `dc` and `ado` with the sample backlog."""
    trackers = [Tracker("cloud", "jira-cloud"), Tracker("dc", "jira-data-center"), Tracker("ado", "azure-devops")]
    for tracker in trackers:
        seed_tracker(tracker, read_backlog(SAMPLE), today=datetime.now(UTC).date())
    site = Site(trackers)
    with serve(site) as served:
        yield served
    site.close()
