"""The status page in a real browser: on a phone, in the dark, by keyboard, in trouble, and with a hostile tracker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store.executors import Executor
from bot.telemetry.connections import Hearing
from bot.web.serving import Server
from tests.bot.telemetry import filled

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

Show = Callable[..., str]


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Show]:
    """Serves a status page over a store that `fill` has filled; returns its address."""
    ends: list[Callable[[], None]] = []

    def make(fill: Callable[[Any], None], hearing: Hearing | None = None) -> str:
        db = filled.database(tmp_path)
        ends.append(db.close)
        fill(db)
        server: Server = filled.serve(tmp_path, db, hearing or Hearing())
        ends.append(server.close)
        server.start()
        return f"{server.url}/status"

    yield make
    for end in reversed(ends):
        end()


def troubled() -> Hearing:
    hearing = Hearing()
    hearing.success("cloud", filled.NOW - timedelta(seconds=3))
    hearing.failure("azure", "401: the token is not taken", filled.NOW - timedelta(minutes=18))
    return hearing


def fits(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_all_is_well_is_said_first(show: Show, open_page: Callable[..., Any]) -> None:
    hearing = Hearing()
    hearing.success("cloud", filled.NOW - timedelta(seconds=3))
    page = open_page()
    page.goto(show(filled.fill, hearing))
    assert "All is well." in page.get_by_role("heading", level=1).inner_text()
    assert page.title() == "All is well. · Steward"
    table = page.get_by_role("table", name="What became of them")
    assert table.get_by_role("row", name="Worked on").is_visible()
    assert page.get_by_role("table", name="Who works").get_by_text("Alive").is_visible()
    assert page.get_by_text("61,250 of 200,000 tokens").is_visible()
    assert fits(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_trouble_can_be_read_on_a_phone(show: Show, open_page: Callable[..., Any], scheme: str) -> None:
    page = open_page(390, 844, color_scheme=scheme)
    page.goto(show(lambda db: filled.fill(db, trouble=True), troubled()))
    assert "3 things need you." in page.get_by_role("heading", level=1).inner_text()
    assert page.get_by_text("steward dead-letters show 2").is_visible()
    # A table stays one for those who listen, though each row looks like a card.
    trackers = page.get_by_role("table", name="What was last heard from each")
    assert trackers.get_by_role("row").nth(2).get_by_role("cell").count() == 5
    assert fits(page)


def test_the_page_is_walked_by_keyboard(show: Show, open_page: Callable[..., Any]) -> None:
    page = open_page()
    page.goto(show(filled.fill))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Look again"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.get_by_role("table", name="Deliveries by the hour").is_visible()
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => h.tagName)")
    assert levels[0] == "H1"
    assert set(levels[1:]) == {"H2"}
    assert page.locator("table:not(:has(caption))").count() == 0


def test_a_fresh_database_has_a_sensible_page(show: Show, open_page: Callable[..., Any]) -> None:
    page = open_page(390, 844)
    page.goto(show(lambda db: None))
    assert "One thing needs you." in page.get_by_role("heading", level=1).inner_text()
    assert page.get_by_text("No worker is at work.").is_visible()
    assert page.get_by_text("None. All that came in could be worked on.").is_visible()
    assert fits(page)


def test_fault_45_hostile_words_in_errors_and_names_stay_text(show: Show, open_page: Callable[..., Any]) -> None:
    word = "<img src=x onerror=document.title='owned'>"
    hearing = Hearing()
    hearing.failure("cloud", word, filled.NOW - timedelta(hours=1))

    def fill(db: Any) -> None:
        filled.fill(db, trouble=True)
        with db.write() as session:
            session.execute(sa.update(Executor).values(host=word, version=word))

    page = open_page()
    page.goto(show(fill, hearing))
    assert page.locator("main img, main script").count() == 0
    assert page.title() == "3 things need you. · Steward"
    assert page.get_by_role("table", name="Who works").get_by_text(word).count() == 4
