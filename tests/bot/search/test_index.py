"""The duplicate index: quiet on strangers, follows the items table, survives a broken directory."""

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.search.index import DuplicateIndex
from rules.model import WorkItem

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def item(number: int, summary: str, description: str = "", project: str = "SHOP") -> WorkItem:
    return WorkItem(
        "jira", str(number), f"{project}-{number}", project, "Bug", summary, description, "Open", "todo", NOW, NOW
    )


ITEMS = (
    item(1, "Checkout hangs with Apple Pay", "E_PAY_TIMEOUT is shown in the payment step"),
    item(2, "Search finds nothing", "The list stays empty"),
    item(3, "Invoice has the wrong tax", "7 instead of 19"),
)
QUERY = item(9, "Apple Pay stops the payment", "E_PAY_TIMEOUT")


@pytest.fixture
def index() -> DuplicateIndex:
    made = DuplicateIndex()
    made.upsert(ITEMS)
    return made


def keys(index: DuplicateIndex, query: WorkItem = QUERY) -> list[str]:
    return [hit.key for hit in index.candidates(query)]


def test_an_empty_index_has_no_candidates() -> None:
    assert DuplicateIndex().candidates(QUERY) == ()


@pytest.mark.parametrize("summary", ["", "zzz", "the of", "\u200b", "a" * 50_000])
def test_a_text_without_shared_words_has_no_candidates(index, summary) -> None:
    assert keys(index, item(9, summary)) == []


def test_an_item_is_not_its_own_candidate(index) -> None:
    assert "SHOP-1" not in keys(index, ITEMS[0])


def test_other_projects_are_not_searched_unless_declared(index) -> None:
    foreign = dataclasses.replace(QUERY, project="WEB", key="WEB-9")
    assert keys(index, foreign) == []
    joined = DuplicateIndex(sets={"SHOP": "all", "WEB": "all"})
    joined.upsert(ITEMS)
    assert keys(joined, foreign) == ["SHOP-1"]


def test_the_best_candidate_names_the_shared_words(index) -> None:
    best = index.candidates(QUERY)[0]
    assert best.key == "SHOP-1"
    assert best.score > 0
    assert "E_PAY_TIMEOUT" in best.shared_words


def test_an_item_is_replaced_not_doubled(index) -> None:
    index.upsert([dataclasses.replace(ITEMS[0], summary="Something else", description="", key="SHOP-77")])
    assert keys(index) == []
    assert index.title_count(item(9, "Something else!")) == 1


def test_removed_keys_are_gone_and_unknown_ones_passed_over(index) -> None:
    index.remove(["SHOP-1", "SHOP-404"])
    assert keys(index) == []


def test_it_follows_change_numbers_and_passes_over_what_it_has_seen(index) -> None:
    assert index.catch_up([(3, "4", item(4, "Apple Pay fails"))]) == 3
    assert index.catch_up([(2, "5", item(5, "Apple Pay breaks")), (3, "4", None)]) == 3
    assert set(keys(index)) == {"SHOP-1", "SHOP-4"}
    assert index.catch_up([(5, "4", None)]) == 5
    assert keys(index) == ["SHOP-1"]


def test_a_directory_is_found_again_with_its_change_number(tmp_path: Path) -> None:
    first = DuplicateIndex(tmp_path / "index")
    first.catch_up([(n, it.id, it) for n, it in enumerate(ITEMS, 1)])
    del first
    again = DuplicateIndex(tmp_path / "index")
    assert again.change_number == 3
    assert keys(again) == ["SHOP-1"]


@pytest.mark.parametrize("name", ["meta.json", "position.json", ".managed.json"])
def test_a_broken_directory_is_rebuilt(tmp_path: Path, name: str) -> None:
    rows = [(n, it.id, it) for n, it in enumerate(ITEMS, 1)]
    first = DuplicateIndex(tmp_path)
    first.catch_up(rows)
    del first
    (tmp_path / name).write_bytes(b"\x00 broken {")
    again = DuplicateIndex(tmp_path)
    again.catch_up(rows)
    assert keys(again) == ["SHOP-1"]


def test_broken_segments_are_dropped_not_raised(tmp_path: Path) -> None:
    rows = [(n, it.id, it) for n, it in enumerate(ITEMS, 1)]
    first = DuplicateIndex(tmp_path)
    first.catch_up(rows)
    del first
    for path in tmp_path.iterdir():
        if path.suffix in (".store", ".term", ".idx"):
            path.write_bytes(b"broken")
    again = DuplicateIndex(tmp_path)
    again.candidates(QUERY)
    again.catch_up([(n, it.id, it) for n, it in enumerate(ITEMS, 1)])
    assert keys(again) == ["SHOP-1"]


def test_a_directory_held_by_another_worker_is_left_alone(tmp_path: Path) -> None:
    first = DuplicateIndex(tmp_path)
    first.catch_up([(1, "1", ITEMS[0])])
    second = DuplicateIndex(tmp_path)
    assert second.change_number == 0
    second.catch_up([(1, "1", ITEMS[0])])
    assert keys(second) == keys(first) == ["SHOP-1"]


def files(directory: Path) -> bytes:
    return b"".join(path.read_bytes() for path in directory.rglob("*") if path.is_file())


def test_the_words_of_an_item_that_is_gone_leave_the_files_and_the_rest_is_found_again(tmp_path: Path) -> None:
    index, rows = DuplicateIndex(tmp_path), [(number, one.id, one) for number, one in enumerate(ITEMS, 1)]
    index.catch_up(rows)
    assert not index.forget_gone()
    index.catch_up([(9, ITEMS[2].id, None)])
    assert b"invoic" in files(tmp_path), "the engine only marks what is deleted"
    assert index.forget_gone()
    assert index.change_number == 0
    index.catch_up([*rows[:2], (9, ITEMS[2].id, None)])
    assert b"invoic" not in files(tmp_path)
    assert keys(index) == ["SHOP-1"]
    assert not index.forget_gone(), "it is emptied once, not every hour"


def test_an_index_that_holds_words_of_what_is_gone_is_not_opened_again(tmp_path: Path) -> None:
    index = DuplicateIndex(tmp_path)
    index.catch_up([(number, one.id, one) for number, one in enumerate(ITEMS, 1)])
    index.catch_up([(9, ITEMS[2].id, None)])
    del index
    assert DuplicateIndex(tmp_path).change_number == 0
    assert b"invoic" not in files(tmp_path)
