"""What a whole process sees, and says of it: a disk without room where that matters, and what comes to its door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from bot.running.bot import Bot
from bot.running.roles import ALL, Role
from bot.settings import Settings
from bot.settings.tree import OperationsSettings, ServerSettings
from bot.store import inbox
from bot.telemetry.connections import Hearing
from tests.deliveries import numbered, send, signed
from tests.theatre import wait


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.web.disk._free", lambda folder: 1_000_000)


def on_free_ports(world: Any) -> Settings:
    ports = {"operations": OperationsSettings(port=0), "server": ServerSettings(port=0)}
    settings: Settings = world.settings.model_copy(update=ports)
    return settings


@pytest.mark.usefixtures("full")
def test_beside_postgresql_a_full_disk_turns_nobody_away_and_is_no_part_of_the_bot(
    make_world: Callable[..., Any],
) -> None:
    world = make_world(database="postgresql")
    bot = Bot(on_free_ports(world), frozenset({Role.WEB}))
    try:
        bot.start()
        assert send(bot.url, *numbered(world, 1)).status == 200
        assert "disk" not in bot.ready()
        assert "steward_disk" not in requests.get(f"{bot.operations_url}/metrics", timeout=30).text
        assert "The disk" not in requests.get(f"{bot.operations_url}/status", timeout=30).text
    finally:
        bot.stop(drain_seconds=0.0, notice_seconds=0.0)


@pytest.mark.usefixtures("full")
def test_on_sqlite_a_full_disk_is_told_by_readiness_page_and_numbers(make_world: Callable[..., Any]) -> None:
    bot = Bot(on_free_ports(make_world()), ALL)
    try:
        bot._operations.start()
        assert bot.ready()["disk"] is False
        assert "The disk of the data folder is nearly full: 1 MB" in requests.get(bot.operations_url, timeout=30).text
        assert "steward_disk_free_bytes 1e+06" in requests.get(f"{bot.operations_url}/metrics", timeout=30).text
    finally:
        bot.stop(drain_seconds=0.0, notice_seconds=0.0)


def test_a_web_server_by_itself_tells_the_others_that_webhooks_arrive_though_it_keeps_none_of_them(
    make_world: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = Hearing()
    monkeypatch.setattr("bot.web.intake.heard", fresh)
    monkeypatch.setattr("bot.running.bot.heard", fresh)
    world = make_world(database="postgresql")
    bot = Bot(on_free_ports(world), frozenset({Role.WEB}))
    body = b'{"webhookEvent": "comment_updated", "timestamp": 1, "comment": {"id": "7"}}'

    def told() -> Any:
        with world.db.read() as session:
            return inbox.all_heard(session).get("tracker", inbox.Heard()).last_delivery

    try:
        bot.start()
        assert send(bot.url, body, signed(body, "wrong")).status == 401
        bot._pulse.beat()
        assert told() is None, "a stranger's counts for nothing"
        assert send(bot.url, body, signed(body)).status == 200
        wait("the next beat", told)
    finally:
        bot.stop(drain_seconds=0.0, notice_seconds=0.0)
