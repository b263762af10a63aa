"""The bot as a real process beside a sandbox: killed, asked to end, interrupted, started twice."""

from __future__ import annotations

import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa

from bot.store import audit, inbox
from integrations.sandbox.records import Item
from tests.theatre import STEWARD, Theatre, free_port, wait


@pytest.fixture
def theatre(tmp_path: Path) -> Iterator[Theatre]:
    made = Theatre(tmp_path)
    yield made
    made.close()


def test_fault_16_killed_at_random_while_it_works_each_ticket_is_commented_once_and_each_accept_applied_once(
    theatre: Theatre,
) -> None:
    chance = random.Random(16)  # noqa: S311 - moments, not secrets
    filed: list[Item] = []
    accepted: list[Item] = []
    for _ in range(4):
        bot = theatre.start()
        for _ in range(3 if len(filed) < 9 else 0):
            filed.append(theatre.file(len(filed) + 2))
        if len(filed) > 3:
            for item in wait("a proposal to accept", lambda: theatre.undecided(filed, accepted))[:3]:
                theatre.accept(item)
                accepted.append(item)
        time.sleep(chance.uniform(0.05, 1.2))  # the moment of the kill: anywhere in the work
        bot.kill()
        bot.wait()
    theatre.start()

    for item in filed:
        wait(f"a comment on {item.key}", lambda item=item: theatre.proposals(item))
    for item in accepted:
        wait(f"the change of {item.key}", lambda item=item: theatre.said_so(item))

    assert len(filed) == 9
    assert len(accepted) >= 4
    assert {item.key: len(theatre.proposals(item)) for item in filed} == {item.key: 1 for item in filed}
    assert {item.key: theatre.applied(item) for item in filed} == {item.key: int(item in accepted) for item in filed}
    with theatre.database().read() as session:
        assert [letter.reason for letter in inbox.dead_letters(session)] == []
        assert list(audit.verify(session)) == []


def test_fault_28_asked_to_end_it_is_not_ready_first_then_ends_in_time_and_loses_nothing(theatre: Theatre) -> None:
    bot = theatre.start()
    item = theatre.file(2)
    wait("the work to begin", lambda: theatre.mounted.faults.requests)

    bot.send_signal(signal.SIGTERM)
    began = time.monotonic()
    wait("a bot that is not ready", lambda: theatre.ready() in (503, None))

    assert bot.wait(25) == 0
    assert time.monotonic() - began < 25
    assert "Traceback" not in theatre.errors.read_text()
    theatre.start()
    wait("the comment", lambda: theatre.proposals(item))
    assert len(theatre.proposals(item)) == 1


def test_fault_28_while_it_says_not_ready_it_still_keeps_what_is_delivered(theatre: Theatre) -> None:
    bot = theatre.start()
    bot.send_signal(signal.SIGTERM)
    wait("a bot that says it is not ready", lambda: theatre.ready() == 503)

    item = theatre.file(2)
    theatre.site.drain()

    assert bot.wait(25) == 0
    with theatre.database().read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(inbox.Delivery)) == 1
    theatre.start()
    wait("the comment", lambda: theatre.proposals(item))


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_fault_28_a_second_signal_ends_it_at_once(theatre: Theatre) -> None:
    bot = theatre.start()
    bot.send_signal(signal.SIGTERM)
    wait("a bot that says it is not ready", lambda: theatre.ready() == 503)

    bot.send_signal(signal.SIGINT)

    assert bot.wait(5) == 128 + signal.SIGINT


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_fault_28_interrupted_while_it_waits_for_a_file_that_another_writes_it_ends(theatre: Theatre) -> None:
    (theatre.folder / "data").mkdir()
    with closing(sqlite3.connect(theatre.folder / "data" / "steward.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        bot = theatre.begin()
        wait("a word of what it waits for", lambda: "waits for the database" in theatre.errors.read_text())

        bot.send_signal(signal.SIGINT)

        # Sooner than the file itself would be given up.
        assert bot.wait(15) == 0
    assert "Traceback" not in theatre.errors.read_text()


def test_a_second_bot_on_the_same_folder_is_refused_and_the_first_goes_on(theatre: Theatre) -> None:
    bot = theatre.start()

    second = subprocess.run([*STEWARD, "run", "-c", str(theatre.config)], capture_output=True, text=True, timeout=30)

    assert second.returncode == 1
    assert second.stderr.startswith(f"steward: Another bot (process {bot.pid}) works on the data folder")
    assert "Traceback" not in second.stderr
    assert theatre.ready() == 200


def test_a_port_that_is_taken_is_named_and_the_folder_is_free_again(theatre: Theatre) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", theatre.port))
        other.listen()
        bot = theatre.begin()
        assert bot.wait(30) == 1
    told = theatre.errors.read_text()
    assert told.startswith(f"steward: cannot listen on 127.0.0.1:{theatre.port} (Address already in use)")
    assert "Traceback" not in told


def test_ctrl_c_ends_the_demonstration_in_time_and_leaves_nothing_behind(tmp_path: Path) -> None:
    port = free_port()
    room = {**os.environ, "TMPDIR": str(tmp_path), "TEMP": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    command = [*STEWARD, "demo", "--port", str(port)]
    with _ended(
        subprocess.Popen(command, env=room, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    ) as demo:
        wait(
            "the page",
            lambda: _answers(f"http://127.0.0.1:{port}/") and _answers(f"http://127.0.0.1:{port + 1}/readyz"),
        )

        demo.send_signal(signal.SIGINT)
        told, _ = demo.communicate(timeout=5)

    assert demo.returncode == 0
    assert "Three things to try" in told
    assert "Traceback" not in told
    assert list(tmp_path.iterdir()) == []


@contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.ConnectionError:
        return False
