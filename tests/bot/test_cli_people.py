"""A person is forgotten by command: no table, no comment and no export names them, and the audit still verifies."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store import audit, decisions, inbox, items, proposals
from bot.store.erasing.someone import Someone
from bot.store.schema.tables import Base
from tests.commands import Told, config_of
from tests.steps import proposed, tell

Steward = Callable[..., Told]
STORY = ("Let buyers save their cart", "As a buyer I want to save my cart. The cart must be kept for 30 days.")


@pytest.fixture
def decided(make_world: Callable[..., Any]) -> Any:
    """A world in which Dana has had a hand in everything."""
    return decided_in(make_world())


def decided_in(world: Any) -> Any:
    item = proposed(world, STORY, who="dana")
    tell(world, "dana", item, "steward accept 1")
    tell(world, "dana", item, "steward undo 1")
    tell(world, "dana", item, "steward explain 1")
    tell(world, "rae", item, "steward accept 1")
    with world.db.write() as session:
        body = f'{{"user": "{world.tracker.user("dana").id}"}}'.encode()
        inbox.bury(session, "tracker", "unreadable", world.queue.now(), body=body)
    world.item = item
    return world


def named(world: Any, *words: str) -> set[str]:
    """The columns in which any of these words stands."""
    found = set()
    with world.db.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(sa.select(table)).mappings():
                for name, value in row.items():
                    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
                    found |= {f"{table.name}.{name}" for word in words if word in text}
    return found


def swept(world: Any) -> None:
    world.queue.enqueue("sweep", f"sweep:tracker:{world.queue.now()}", "tracker", "1")
    world.work()


def test_nobody_is_erased_where_nothing_names_them(steward: Steward, make_world: Callable[..., Any]) -> None:
    world = make_world()
    told = steward("erase", "nobody-0123456789", "--connection", "tracker", "-c", config_of(world))
    assert (told.code, told.out.splitlines()[0]) == (0, "Nothing names this person.")


def test_a_connection_that_is_not_there_is_told(steward: Steward, make_world: Callable[..., Any]) -> None:
    told = steward("erase", "x", "--connection", "jira", "-c", config_of(make_world()))
    assert told == Told(1, "", "steward: there is no connection jira. There is: tracker.\n")


def test_a_dry_run_tells_what_would_be_changed_and_changes_nothing(steward: Steward, decided: Any) -> None:
    dana = decided.tracker.user("dana")
    before = named(decided, dana.id, dana.display_name)
    told = steward("erase", dana.id, "--connection", "tracker", "--dry-run", "-c", config_of(decided))
    assert told.code == 0
    assert "Nothing was changed" in told.out
    assert {line.split()[1] for line in told.out.splitlines() if line[:6].strip().isdigit()} >= {
        *("answers", "audit_contents", "changes", "dead_letters", "handled_comments", "inbox", "items")
    }
    assert named(decided, dana.id, dana.display_name) == before


@pytest.mark.parametrize(
    ("flavour", "database"),
    [("jira-cloud", "sqlite"), ("jira-data-center", "postgresql"), ("azure-devops", "sqlite")],
)
def test_fault_52_a_person_is_erased_everywhere_and_the_chain_still_verifies(
    steward: Steward, make_world: Callable[..., Any], tmp_path: Path, flavour: str, database: str
) -> None:
    decided = decided_in(make_world(flavour, database=database))
    dana = decided.tracker.user("dana")
    assert dana.display_name in decided.proposal(decided.item) + decided.answer(decided.item)
    dry = steward("erase", dana.id, "--connection", "tracker", "--dry-run", "-c", config_of(decided))
    told = steward("erase", dana.id, "--connection", "tracker", "-c", config_of(decided))
    assert told.code == 0
    rows = [line for line in told.out.splitlines() if line[:6].strip().isdigit()]
    assert rows == [line for line in dry.out.splitlines() if line[:6].strip().isdigit()]

    assert named(decided, dana.id) == set()
    assert named(decided, dana.display_name) <= {"items.content"}, "only in the tracker's own texts"
    with decided.db.read() as session:
        assert list(audit.verify(session)) == []
        assert audit.last_of(session, "erased") is not None
        states = {row.state for row in session.scalars(sa.select(proposals.ProposedChange))}
        assert "undone" in states, "what was decided stays decided"
    # Neither in the space that deleted rows leave behind, nor in the log that is written before the file.
    files = [path for path in decided.settings.data.rglob("*") if path.is_file()]
    assert [path.name for path in files if dana.id.encode() in path.read_bytes()] == []
    again = steward("erase", dana.id, "--connection", "tracker", "-c", config_of(decided))
    assert "Nothing names this person." in again.out
    swept(decided)
    comments = " ".join(decided.own_comments(decided.item))
    assert dana.display_name not in comments.replace("@", "")
    assert "a former user" in comments

    file = tmp_path / "audit.jsonl"
    assert steward("audit", "export", "--to", file, "-c", config_of(decided)).code == 0
    assert dana.id not in file.read_text()
    assert steward("audit", "verify", "-c", config_of(decided)).code == 0


def test_a_short_name_leaves_longer_ones_and_namesakes_alone(steward: Steward, decided: Any) -> None:
    dana, rae = decided.tracker.user("dana"), decided.tracker.user("rae")
    with decided.db.write() as session:
        for row in session.scalars(sa.select(proposals.ProposedChange).where(proposals.ProposedChange.number == 1)):
            row.decided_by, row.decided_by_id = f"{dana.display_name} Rossi", rae.id
            row.asked_by, row.asked_by_id = dana.display_name, rae.id
    steward("erase", dana.id, "--connection", "tracker", "-c", config_of(decided))
    with decided.db.read() as session:
        row = session.get_one(proposals.ProposedChange, ("tracker", str(decided.item.id), 1))
        assert (row.decided_by, row.asked_by) == (f"{dana.display_name} Rossi", dana.display_name)


def test_one_whose_name_is_their_login_is_a_former_user_wherever_a_name_stands() -> None:
    dana = Someone("JIRAUSER10100", frozenset({"dana"}), login="dana")
    kept = {"by": "dana", "name": "dana", "said": ["dana", "[~dana] and dana"], "to": {"id": "", "name": "dana"}}
    former = "a former user"
    left = {"by": "", "name": former, "said": [former, f"{former} and {former}"], "to": {"id": "", "name": former}}
    assert dana.without(kept) == left
    change = {"kind": "assignee", "old": "dana", "new": "dana Rossi", "identity": "JIRAUSER10200"}
    assert dana.without(change) == {**change, "old": former}


def test_what_a_person_does_later_is_stored_anew(steward: Steward, decided: Any) -> None:
    dana = decided.tracker.user("dana")
    steward("erase", dana.id, "--connection", "tracker", "-c", config_of(decided))
    tell(decided, "dana", decided.item, "steward explain 1")
    assert "handled_comments.commands" in named(decided, dana.id)


def test_an_open_change_that_would_assign_a_person_is_no_longer_offered(steward: Steward, decided: Any) -> None:
    dana = decided.tracker.user("dana")
    with decided.db.write() as session:
        row = session.scalars(sa.select(proposals.ProposedChange)).first()
        assert row is not None
        change = proposals.change_from(
            {"kind": "assignee", "old": None, "new": dana.display_name, "identity": dana.id, "fields": []}
        )
        row.state, row.kind, row.payload = "open", "assignee", proposals.payload_of(change)
        row.payload_hash = proposals.change_hash(change)
        number = row.number
    steward("erase", dana.id, "--connection", "tracker", "-c", config_of(decided))
    with decided.db.read() as session:
        row = session.get_one(proposals.ProposedChange, ("tracker", str(decided.item.id), number))
        assert row.state == "withdrawn"
        assert proposals.is_intact(row)


def test_the_settings_that_still_name_a_person_are_told(steward: Steward, make_world: Callable[..., Any]) -> None:
    world = make_world(project='accept_people = ["{dana}"]')
    told = steward("erase", world.tracker.user("dana").id, "--connection", "tracker", "-c", config_of(world))
    assert "projects.main.accept_people" in told.out


def test_an_item_of_somebody_who_was_erased_is_still_looked_at(steward: Steward, decided: Any) -> None:
    dana = decided.tracker.user("dana")
    steward("erase", dana.id, "--connection", "tracker", "-c", config_of(decided))
    with decided.db.read() as session:
        item = items.load(session, "tracker", str(decided.item.id))
    assert item is not None
    assert item.reporter is not None
    assert json.dumps([item.reporter.id, item.reporter.name]) == '["", "a former user"]'


@pytest.mark.parametrize("flavour", ["jira-data-center", "azure-devops"])
def test_a_person_is_found_by_the_name_in_mentions_and_by_an_id_in_other_letters(
    steward: Steward, make_world: Callable[..., Any], flavour: str
) -> None:
    world = make_world(flavour)
    item = proposed(world, STORY)
    tell(world, "rae", item, "steward reject 1")
    dana = world.tracker.user("dana")
    with world.db.write() as session:
        row = session.scalars(sa.select(proposals.ProposedChange)).first()
        assert row is not None
        row.note = f"[~dana] and {dana.id.upper()} want it; danas do not"
        row.decided_by_id = dana.id.upper()
    told = steward("erase", dana.id, "--connection", "tracker", "--user-name", "dana", "-c", config_of(world))
    assert told.code == 0, told.err
    with world.db.read() as session:
        row = session.scalars(sa.select(proposals.ProposedChange)).first()
        assert row is not None
        assert row.note == "a former user and a former user want it; danas do not"
        assert row.decided_by_id == ""


def test_a_name_that_is_also_a_word_of_the_store_breaks_nothing(steward: Steward, decided: Any) -> None:
    dana = decided.tracker.user("dana")
    names = ("Paragraph", "plain", "criteria", "tracker", "Al")
    letters = [b'{"a": "also tracked"}', b'{"a": "\\nAl says"}']
    with decided.db.write() as session:
        kinds = {row.kind for row in session.scalars(sa.select(proposals.ProposedChange))}
        for number, name in enumerate((*names, *kinds)):
            commands = {"by": dana.id, "name": name}
            decisions.take(session, "tracker", f"c{number}", str(decided.item.id), commands, decided.queue.now())
        for body in letters:
            inbox.bury(session, "tracker", "unreadable", decided.queue.now(), body=body)
    assert steward("erase", dana.id, "--connection", "tracker", "-c", config_of(decided)).code == 0
    with decided.db.read() as session:
        assert all(map(proposals.is_intact, session.scalars(sa.select(proposals.ProposedChange))))
        held = {letter.body for letter in session.scalars(sa.select(inbox.DeadLetter))}
    assert held == {letters[0], None}
    swept(decided)
    assert "a former user" in " ".join(decided.own_comments(decided.item))
