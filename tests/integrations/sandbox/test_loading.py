"""Reading a backlog from a file, and putting it into a tracker of each flavour."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.exports import entries as export_entries
from integrations.exports import unpacking
from integrations.sandbox.loading import Backlog, BacklogUnreadable, read_backlog, seed_tracker
from integrations.sandbox.markup import wiki_to_adf
from integrations.sandbox.markup.native import native
from integrations.sandbox.records import Flavour
from integrations.sandbox.state import Tracker

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT.parent / "shared"
SAMPLE = ROOT / "bot" / "samples" / "corner_shop.jsonl"
FLAVOURS: tuple[Flavour, ...] = get_args(Flavour)
TODAY = date(2026, 11, 21)


def flat(key: str, **values: Any) -> dict[str, Any]:
    return {"key": key, "summary": f"Title of {key}", "created": "2026-01-05T10:00:00+00:00", **values}


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write(content: bytes | str, name: str = "backlog.jsonl") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def lines(*objects: Any) -> str:
    return "".join(json.dumps(one) + "\n" for one in objects)


def test_an_empty_file_is_said_to_be_empty(written: Callable[..., Path]) -> None:
    with pytest.raises(BacklogUnreadable, match="is empty"):
        read_backlog(written(" \n\r\n\n"))


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(BacklogUnreadable, match="There is no file"):
        read_backlog(tmp_path / "nothing.jsonl")
    with pytest.raises(BacklogUnreadable, match="is a folder"):
        read_backlog(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("b.csv", "Name,Size\nCheckout,1\n", "nor a first row with the columns"),
        ("b.csv.gz", gzip.compress(b"Name,Size\nCheckout,1\n", mtime=0), "Taken are CSV exports"),
        ("b.xlsx", b"PK\x03\x04rest", "zip archive"),
        ("b.xml", "<rss></rss>", "XML or HTML"),
        ("b.jsonl", '{"key": "A-1"}'.encode("utf-16"), "UTF-16"),
        ("b.jsonl", b"\x00\x01\x02\xff", "neither JSON"),
        ("b.jsonl", b'{"key": "\xff"}', "not UTF-8"),
        ("b.json", "[]", "holds no ticket"),
        ("b.json", '{"openapi": "3.0.1"}', "no key"),
        ("b.json", '"a word"', "neither JSON"),
        ("b.json", '["a word"]', "not an object"),
        ("b.jsonl", "[" * 100_000, "nested too deeply|not JSON"),
    ],
)
def test_what_is_no_backlog_is_refused_in_a_sentence(
    written: Callable[..., Path], name: str, content: bytes | str, words: str
) -> None:
    with pytest.raises(BacklogUnreadable, match=words) as refused:
        read_backlog(written(content, name))
    assert "Checkout" not in str(refused.value)


def test_flat_lines_are_read_with_mark_carriage_returns_and_blank_lines(written: Callable[..., Path]) -> None:
    text = lines(flat("SHOP-1", labels=["a b", "a b"]), flat("SHOP-2")).replace("\n", "\r\n\r\n")
    backlog = read_backlog(written(b"\xef\xbb\xbf" + text.encode()))
    assert [item.key for item in backlog.items] == ["SHOP-1", "SHOP-2"]
    assert backlog.items[0].labels == ("a-b",)
    assert backlog.errors == ()


def test_compression_is_told_by_content_not_by_name(written: Callable[..., Path]) -> None:
    packed = gzip.compress(lines(flat("SHOP-1")).encode())
    assert len(read_backlog(written(packed, "backlog.jsonl")).items) == 1
    assert len(read_backlog(written(lines(flat("SHOP-1")), "backlog.jsonl.gz")).items) == 1


def test_unreadable_lines_are_named_without_their_content_and_the_rest_loads(written: Callable[..., Path]) -> None:
    text = (
        lines(flat("SHOP-1"))
        + '{"key": "SECRET-WORD", \n'
        + "[1]\n"
        + lines(
            {"key": "SHOP-2"},
            {"summary": "SECRET-WORD"},
            flat("SHOP-3", created="SECRET-WORD"),
            flat("SHOP-1"),
            flat("SHOP-9"),
        )
    )
    backlog = read_backlog(written(text.encode() + b'{"key": "\xff"}\n'))
    assert [item.key for item in backlog.items] == ["SHOP-1", "SHOP-9"]
    told = [str(error) for error in backlog.errors]
    assert [one.partition(":")[0] for one in told] == [f"line {n}" for n in (2, 3, 4, 5, 6, 7, 9)]
    assert "no summary" in told[2]
    assert "no key" in told[3]
    assert "earlier ticket" in told[5]
    assert not any("SECRET" in one for one in told)


def test_a_line_over_the_limit_is_named_and_skipped(
    written: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_entries, "LINE_LIMIT", 1024 * 1024)
    long = json.dumps(flat("SHOP-2", description="x" * 3_000_000))
    backlog = read_backlog(written(lines(flat("SHOP-1")) + long + "\n" + lines(flat("SHOP-3"))))
    assert [item.key for item in backlog.items] == ["SHOP-1", "SHOP-3"]
    assert str(backlog.errors[0]) == "line 2: longer than 1 MB"


def test_a_file_that_unpacks_without_end_is_cut(written: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "TOTAL_LIMIT", 4 * 1024 * 1024)
    monkeypatch.setattr(export_entries, "LINE_LIMIT", 1024 * 1024)
    bomb = gzip.compress(lines(flat("SHOP-1")).encode() + b"y" * 20_000_000)
    backlog = read_backlog(written(bomb))
    assert [item.key for item in backlog.items] == ["SHOP-1"]
    assert backlog.errors


def test_a_compressed_file_that_breaks_off_keeps_what_was_read(written: Callable[..., Path]) -> None:
    text = lines(*(flat(f"SHOP-{n}", description=str(n * 7919) * 40) for n in range(2000)))
    backlog = read_backlog(written(gzip.compress(text.encode())[:-9]))
    assert len(backlog.items) > 1000
    assert "damaged or breaks off" in str(backlog.errors[-1])


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("wrap", ["object", "array"])
def test_one_document_is_read_like_lines(written: Callable[..., Path], indent: int | None, wrap: str) -> None:
    tickets = [{"key": "SHOP-1", "fields": {"summary": "One"}}, 7, flat("SHOP-2")]
    whole = {"total": 3, "issues": tickets} if wrap == "object" else tickets
    backlog = read_backlog(written(json.dumps(whole, indent=indent), "export.json"))
    assert [item.key for item in backlog.items] == ["SHOP-1", "SHOP-2"]
    assert [str(error) for error in backlog.errors] == ["entry 2: not an object"]


def test_jira_rest_fields_are_understood(written: Callable[..., Path]) -> None:
    duplicate = {"name": "Duplicate", "inward": "is duplicated by", "outward": "duplicates"}
    fields = {
        "summary": "Cart\u2028is empty",
        "issuetype": {"name": "Technical task", "subtask": True},
        "project": {"key": "WEB", "name": "Web shop"},
        "status": {"name": "Checking", "statusCategory": {"key": "indeterminate"}},
        "priority": {"name": "High"},
        "created": "2026-02-03T10:00:00.000+0100",
        "updated": "2026-02-04T10:00:00.000+0000",
        "reporter": {"name": "rae", "displayName": "Rae Rossi"},
        "parent": {"key": "WEB-1"},
        "components": [{"name": "Cart"}],
        "issuelinks": [{"type": duplicate, "inwardIssue": {"key": "WEB-9"}}, {"type": None}, 5],
        "comment": {"comments": [{"author": {"name": "lee"}, "body": "Yes", "created": "2026-02-04T09:00:00Z"}, 3]},
    }
    (item,) = read_backlog(written(lines({"key": "WEB-2", "fields": fields}))).items
    assert (item.summary, item.type, item.is_subtask, item.category) == (
        "Cart is empty",
        "Technical task",
        True,
        "doing",
    )
    assert (item.project, item.project_name, item.parent, item.reporter) == ("WEB", "Web shop", "WEB-1", "rae")
    assert item.created == datetime(2026, 2, 3, 9, tzinfo=UTC)
    assert [(link.type, link.other, link.inward_end) for link in item.links] == [("Duplicate", "WEB-9", True)]
    assert [(comment.author, comment.body) for comment in item.comments] == [("lee", "Yes")]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
FIELD_NAMES = [
    "key",
    "fields",
    "summary",
    "issuetype",
    "project",
    "status",
    "priority",
    "labels",
    "created",
    "parent",
    "links",
    "issuelinks",
    "comment",
]


@given(
    st.dictionaries(st.sampled_from(FIELD_NAMES), json_values),
    st.dictionaries(st.sampled_from(FIELD_NAMES), json_values),
)
def test_any_json_object_is_a_ticket_or_named(tmp_path_factory: pytest.TempPathFactory, outer: Any, inner: Any) -> None:
    path = tmp_path_factory.mktemp("any") / "any.jsonl"
    path.write_text(lines({**outer, "fields": inner}, outer, flat("SHOP-77")))
    backlog = read_backlog(path)
    assert len(backlog.items) + len(backlog.errors) == 3
    seed_tracker(Tracker("t", "azure-devops"), backlog, today=TODAY)


def test_fault_9_hostile_json_is_named_or_read(written: Callable[..., Path]) -> None:
    folder = SHARED / "data" / "hostile" / "jsontestsuite" / "test_parsing"
    if not folder.is_dir():
        pytest.skip("no shared data")
    for case in sorted(folder.iterdir()):
        backlog = read_backlog(written(lines(flat("SHOP-1")).encode() + case.read_bytes()))
        assert backlog.items[0].key == "SHOP-1", case.name


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_times_stay_without_a_day_and_move_together_with_one(written: Callable[..., Path], flavour: Flavour) -> None:
    backlog = read_backlog(
        written(lines(flat("SHOP-1"), flat("SHOP-2", created="2026-02-01T23:30:00Z", updated="2026-02-02T01:00:00Z")))
    )
    still = Tracker("still", flavour)
    seed_tracker(still, backlog)
    assert still.item(1 if flavour == "azure-devops" else "SHOP-1").created == datetime(2026, 1, 5, 10, tzinfo=UTC)
    moved = Tracker("moved", flavour)
    keys = seed_tracker(moved, backlog, today=TODAY)
    assert moved.item(keys["SHOP-2"]).updated == datetime(2026, 11, 20, 1, tzinfo=UTC)
    assert moved.item(keys["SHOP-1"]).created == datetime(2026, 10, 23, 10, tzinfo=UTC)


def test_items_without_times_keep_the_order_of_the_file(written: Callable[..., Path]) -> None:
    tracker = Tracker("t", "jira-cloud")
    tickets = ({"key": f"SHOP-{n}", "summary": "A"} for n in (5, 3, 9))
    seed_tracker(tracker, read_backlog(written(lines(*tickets))), today=TODAY)
    in_time = sorted(tracker.select(), key=lambda item: item.created)
    assert [item.key for item in in_time] == ["SHOP-5", "SHOP-3", "SHOP-9"]


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_parents_links_and_comments_arrive(written: Callable[..., Path], flavour: Flavour) -> None:
    pair = ["Duplicate", "out", "duplicates", "SHOP-1"], ["Duplicate", "in", "is duplicated by", "SHOP-2"]
    odd = ["Gantt", "out", "triggers", "SHOP-1"]
    comment = {"author": "Dana Duarte", "created": "2026-01-06T10:00:00Z", "body": "h2. So\n{code}\na < b\n{code}"}
    tickets = lines(
        flat("SHOP-1", links=[pair[1]], status_category="done", status="Shipped"),
        flat("SHOP-2", links=[pair[0], odd], reporter="Somebody New", comments=[comment]),
        flat("SHOP-3", issuetype="Sub-task", parent="SHOP-2"),
    )
    tracker = Tracker("t", flavour)
    keys = seed_tracker(tracker, read_backlog(written(tickets)))
    first, second, third = (tracker.item(keys[f"SHOP-{n}"]) for n in (1, 2, 3))
    assert third.parent == second.id
    assert second.reporter == "somebody-new"
    assert first.category == "done"
    links = {(link.type, link.source, link.target) for link in tracker.links(second.id)}
    if flavour == "azure-devops":
        assert links == {
            ("System.LinkTypes.Duplicate", first.id, second.id),
            ("System.LinkTypes.Related", second.id, first.id),
        }
        assert (first.status, third.type) == ("Closed", "Task")
    else:
        assert links == {("Duplicate", second.id, first.id), ("Gantt", second.id, first.id)}
        assert tracker.term("type", third.type).category == "subtask"
    (told,) = tracker.comments(second.id)
    assert told.author == "dana"
    words = json.dumps(told.body)
    assert ("a &lt; b" if flavour == "azure-devops" else "a < b") in words


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_other_projects_are_made_with_the_roles_of_the_first(written: Callable[..., Path], flavour: Flavour) -> None:
    tracker = Tracker("t", flavour)
    heard: list[object] = []
    tracker.subscribe(heard.append)
    keys = seed_tracker(
        tracker, read_backlog(written(lines(flat("SHOP-4"), flat("WEB-4", issuetype="Sub-task", parent="SHOP-4"))))
    )
    assert len(tracker.projects()) == 2
    assert tracker.roles("WEB") == tracker.roles(tracker.projects()[0].key)
    assert tracker.item(keys["WEB-4"]).parent == tracker.item(keys["SHOP-4"]).id
    assert heard == []


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_an_epic_is_the_parent_where_the_product_says_so(written: Callable[..., Path], flavour: Flavour) -> None:
    tickets = lines(flat("SHOP-1", issuetype="Epic"), flat("SHOP-2", issuetype="Story", epic="SHOP-1"))
    tracker = Tracker("t", flavour)
    keys = seed_tracker(tracker, read_backlog(written(tickets)))
    epic, story = tracker.item(keys["SHOP-1"]), tracker.item(keys["SHOP-2"])
    if flavour == "jira-data-center":
        assert (story.parent, story.fields) == (None, {"customfield_10014": "SHOP-1"})
    else:
        assert story.parent == epic.id


@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("name", ["jira_cloud.csv", "azure_devops_tree.csv"])
def test_exports_of_each_product_seed_every_flavour(flavour: Flavour, name: str) -> None:
    backlog = read_backlog(ROOT / "tests" / "integrations" / "exports" / "samples" / name)
    tracker = Tracker("t", flavour)
    keys = seed_tracker(tracker, backlog, today=TODAY)
    assert tracker.count() == len(backlog.items) == len(keys)
    story = tracker.item(keys[backlog.items[1].key])
    text = json.dumps(story.description)
    assert "<b>" not in text or flavour == "azure-devops"
    assert "by card" in text or "Press" in text
    assert story.project.upper() in {"SHOP", "CORNERSHOP"}
    assert max(item.updated for item in tracker.select()).date() == date(2026, 11, 20)


def test_html_of_an_export_is_wiki_text_in_jira() -> None:
    html = "<div>A buyer <b>pays</b>:</div><ul><li>by card<ol><li>now</li></ol></li><li>at&nbsp;once</li></ul>"
    html += "<h2>Why</h2><script>x()</script><p>One<br>two &amp; three</p><table><tr><td>a</td><td>b</td></tr></table>"
    wiki = native("jira-data-center", html, "html")
    assert wiki.split("\n\n") == [
        *("A buyer *pays*:", "* by card\n*# now\n* at once", "h2. Why", "One\ntwo & three", "| a| b"),
    ]
    assert len(native("jira-data-center", "<a <!-- " * 100_000, "html")) < 1_000_000


def test_a_key_that_comes_twice_is_told_by_its_line(written: Callable[..., Path]) -> None:
    backlog = read_backlog(written("Issue key;Summary\nA-1;One\nA-1;Two\n", "export.csv"))
    assert [item.summary for item in backlog.items] == ["One"]
    assert [str(error) for error in backlog.errors] == ["line 3: a key that an earlier ticket has"]


def test_the_sample_backlog_is_whole() -> None:
    backlog = read_backlog(SAMPLE)
    assert backlog.errors == ()
    keys = {item.key for item in backlog.items}
    assert len(keys) >= 120
    assert {item.project for item in backlog.items} == {"SHOP"}
    named = {link.other for item in backlog.items for link in item.links} | {
        i.parent for i in backlog.items if i.parent
    }
    assert named <= keys
    people = {name for item in backlog.items for name in (item.reporter, item.assignee)} - {None}
    assert people <= {"ada", "dana", "lee", "rae"}


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_sample_backlog_seeds_every_flavour_and_ends_yesterday(flavour: Flavour) -> None:
    tracker = Tracker("t", flavour)
    keys = seed_tracker(tracker, read_backlog(SAMPLE), today=TODAY)
    assert tracker.count() == len(keys)
    assert max(item.updated for item in tracker.select()).date() == date(2026, 11, 20)
    assert len(tracker.users()) == 6


@pytest.mark.parametrize(("flavour", "every"), [("jira-cloud", 1), ("jira-data-center", 10), ("azure-devops", 10)])
def test_two_thousand_real_tickets_seed(flavour: Flavour, every: int) -> None:
    path = SHARED / "data" / "titanium_raw_jira_sample.jsonl.gz"
    if not path.is_file():
        pytest.skip("no shared data")
    backlog = Backlog(read_backlog(path).items[::every])
    tracker = Tracker("t", flavour)
    assert len(backlog.items) == -(-2089 // every)
    assert len(seed_tracker(tracker, backlog, today=TODAY)) == len(backlog.items)
    assert tracker.count() == len(backlog.items)


def test_cloud_texts_of_real_tickets_are_valid_adf() -> None:
    schema_path, path = SHARED / "specs" / "adf" / "schema.json", SHARED / "data" / "titanium_raw_jira_sample.jsonl.gz"
    if not (schema_path.is_file() and path.is_file()):
        pytest.skip("no shared data")
    from jsonschema import Draft4Validator

    validator = Draft4Validator(json.loads(schema_path.read_text()))
    texts = [item.description for item in [*read_backlog(SAMPLE).items, *read_backlog(path).items[::60]]]
    for text in filter(None, texts):
        assert not next(validator.iter_errors(wiki_to_adf(text)), None)
