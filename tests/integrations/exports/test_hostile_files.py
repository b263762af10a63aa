"""Files that are broken, or made to break: all are bounded, and told in sentences."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.exports import recognising, unpacking
from integrations.exports.recognising import exported_items
from integrations.exports.records import BacklogUnreadable
from integrations.exports.tables import rows

Reading = Callable[..., Any]
HEADER = "Issue key,Summary,Description\n"


def test_a_cell_beyond_the_limit_of_the_csv_module_is_read(reading: Reading) -> None:
    read = reading(HEADER + f'A-1,One,"{"long " * 40_000}"\nA-2,Two,\n')
    assert [item.key for item in read.items] == ["A-1", "A-2"]
    assert len(read.items[0].description) == 199_999


def test_nul_bytes_do_not_arrive(reading: Reading) -> None:
    read = reading(HEADER + "A-1,O\x00ne,a\x00b\n\x00\nA-2,Two,\n")
    assert [(item.key, item.summary, item.description) for item in read.items] == [
        ("A-1", "One", "ab"),
        ("A-2", "Two", None),
    ]


def test_a_quote_that_never_closes_costs_one_row(reading: Reading) -> None:
    read = reading(HEADER + 'A-1,One,\nA-2,"Two,\nA-3,Three,\nA-4,Four,x\n')
    assert [item.key for item in read.items] == ["A-1", "A-3", "A-4"]
    assert read.unread == ["line 3: the quotes of this row do not match"]


def test_lines_of_a_broken_cell_are_not_told_one_by_one(reading: Reading) -> None:
    read = reading(HEADER + 'A-1,One,"a "b" c\nmore\nand more"\nA-2,Two,"good"\n')
    assert [item.key for item in read.items] == ["A-2"]
    assert len(read.unread) == 1


def test_an_endless_row_is_left_out(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "ROW_LIMIT", 10_000)
    read = reading(HEADER + "A-1,One,\n" + "A-2," + "x" * 50_000 + "\nA-3,Three,\n" + 'A-4,"' + "y\n" * 20_000)
    assert [item.key for item in read.items] == ["A-1", "A-3"]
    assert [line.partition(":")[0] for line in read.unread] == ["line 3", "line 5"]


def test_rereading_after_broken_rows_is_bounded(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "ROW_LIMIT", 10_000)
    monkeypatch.setattr(rows, "READ_AGAIN_LIMIT", 50_000)
    read = reading(HEADER + "A-1,One,\n" + 'A-2,"Two\n' * 20_000)
    assert [item.key for item in read.items] == ["A-1"]
    assert len(read.unread) == 1


def test_a_million_columns_are_refused(reading: Reading) -> None:
    with pytest.raises(BacklogUnreadable, match="more than 20000 columns"):
        reading("Issue key,Summary" + ",Comment" * 1_000_000 + "\nA-1,One\n")


def test_a_bomb_is_cut(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "SMALL", 1024 * 1024)
    bomb = gzip.compress((HEADER + "A-1,One,\n").encode() + b"A-2,Two," + b"x" * 20_000_000)
    read = reading(bomb)
    assert read.items[0].key == "A-1"
    assert "unpacks to more than" in read.unread[-1]


def test_a_packed_export_is_read_and_one_that_breaks_off_is_told(reading: Reading) -> None:
    packed = gzip.compress((HEADER + "".join(f"A-{n},Title {n * 7919},\n" for n in range(1, 3000))).encode())
    assert len(reading(packed).items) == 2999
    broken = reading(packed[:-200])
    assert len(broken.items) > 1000
    assert "damaged or breaks off" in broken.unread[-1]


def test_one_damaged_byte_does_not_turn_utf_8_into_another_encoding(reading: Reading) -> None:
    read = reading(HEADER.encode() + "A-1,Größe,\nA-2,Maß".encode() + b"\xff,\n" + "A-3,Tür,\n".encode())
    assert [item.summary for item in read.items] == ["Größe", "Maß\ufffd", "Tür"]


def test_a_file_of_rows_that_are_no_tickets_ends_early(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognising, "UNREAD_LIMIT", 10)
    read = reading(HEADER + "A-1,One,\n" + "junk,,\n" * 100)
    assert len(read.unread) == 11
    assert "the rest is left" in read.unread[-1]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path, peaks = tmp_path / "export.csv", []
    for count in (300, 3000):
        rows_of_it = (f'A-{n},Title,"{"words " * 300}"\n' for n in range(1, count + 1))
        path.write_text(HEADER + "".join(rows_of_it))
        tracemalloc.start()
        assert sum(1 for _ in exported_items(path)) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 1024 * 1024


@pytest.mark.parametrize("text", ["name,size\nx,1\n", "just words\n", "\x00\x00\x00", "ID,Title\n1,One\n", "\ufeff"])
def test_a_table_of_something_else_is_refused_with_what_is_taken(reading: Reading, text: str) -> None:
    with pytest.raises(BacklogUnreadable, match=r"CSV exports of Jira and Azure DevOps, and JSON|is empty"):
        reading(text)


def test_a_first_row_without_tickets_below_is_empty(reading: Reading) -> None:
    with pytest.raises(BacklogUnreadable, match="no ticket"):
        reading(HEADER)


def test_excel_names_its_separator_in_a_first_line(reading: Reading) -> None:
    assert reading("sep=;\r\nIssue key;Summary\r\nA-1;One\r\n").items[0].place == "line 3"


@given(st.text(alphabet='",;\n\rA-1x\x00é', max_size=60), st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_any_rows_are_read_or_told(tmp_path_factory: pytest.TempPathFactory, text: str, encoding: str) -> None:
    path = tmp_path_factory.mktemp("any") / "any.csv"
    path.write_bytes((HEADER + "A-9,Nine,\n" + text).encode(encoding, "replace"))
    assert next(iter(exported_items(Path(path)))) is not None
