"""Whatever addresses stand in tickets, deliveries and answers: the bot talks to the host that the settings name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import urllib3
from typer.testing import CliRunner

from bot.cli import app
from tests.commands import config_of, rewrite
from tests.deliveries import answers
from tests.flavours import MOST
from tests.steps import proposed

INSIDE = "http://169.254.169.254/latest/meta-data"


@pytest.fixture
def trap() -> Iterator[tuple[str, list[str]]]:
    """An address inside, and what was asked of it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_POST = do_PUT = do_PATCH = do_HEAD = do_GET  # noqa: N815 - the base class looks for these names

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


def pointed_elsewhere(value: Any, address: str) -> Any:
    """A payload all of whose addresses point elsewhere."""
    if isinstance(value, dict):
        return {name: pointed_elsewhere(inner, address) for name, inner in value.items()}
    if isinstance(value, list):
        return [pointed_elsewhere(inner, address) for inner in value]
    if isinstance(value, str) and value.startswith("http"):
        return address + urlsplit(value).path
    return value


def answered_from(address: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have all that the tracker answers name another address as its own."""
    send = requests.Session.send

    def elsewhere(session: Any, request: Any, **options: Any) -> Any:
        answer = send(session, request, **options)
        answer._content = answer.content.replace(url.encode(), address.encode())
        answer.headers.update({name: value.replace(url, address) for name, value in answer.headers.items()})
        return answer

    monkeypatch.setattr(requests.Session, "send", elsewhere)


@pytest.mark.parametrize("flavour", MOST)
def test_fault_46_no_address_in_a_ticket_or_a_delivery_is_called(
    make_world: Callable[..., Any], trap: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch, flavour: str
) -> None:
    address, asked = trap
    world = make_world(flavour)
    called: set[tuple[str, int]] = set()
    connect = urllib3.util.connection.create_connection

    def noted(where: tuple[str, int], *args: Any, **options: Any) -> Any:
        called.add(where)
        return connect(where, *args, **options)

    monkeypatch.setattr(urllib3.util.connection, "create_connection", noted)
    answered_from(address, world.mounted.url, monkeypatch)
    leading = {hook.url for hook in world.mounted.webhooks.hooks()}
    links = f"!{address}/b.png! ![d]({address}/d.png) !{INSIDE}! file:///etc/passwd"
    story = "As a buyer I want to save my cart. The cart must be kept for 30 days."
    item = proposed(world, ("Let buyers save their cart", f"{story}\n\n{links}"))
    world.say("lee", item, f"{links} {address}/a.png [c|{address}/c]\n\nsteward explain 1")
    world.work()
    for sent in list(world.mounted.webhooks.sent):
        for elsewhere in (address, INSIDE):
            told = pointed_elsewhere(json.loads(sent.body), elsewhere)
            told |= {"id": f"{elsewhere} {told.get('id')}"[:90], "timestamp": len(elsewhere)}
            if flavour == "azure-devops":
                told["resourceContainers"] = {"collection": {"id": "c", "baseUrl": f"{elsewhere}/"}}
            assert answers(world, json.dumps(told).encode()) == 200
    world.say("dana", item, "steward accept 1")
    world.queue.enqueue("webhooks", "webhooks:1", "tracker", "1")
    world.work()
    config = rewrite(config_of(world), "[connections", f'[server]\npublic_url = "{world.server.url}"\n[connections')
    installed = CliRunner().invoke(app, ["webhooks", "install", "--config", str(config)])
    assert "left as it is" in installed.output
    assert {hook.url for hook in world.mounted.webhooks.hooks()} == leading, "only the settings say where they lead"
    assert "accepted by Dana" in world.proposal(item)
    assert asked == []
    ours = [urlsplit(url) for url in (world.mounted.url, world.server.url)]
    assert called <= {(each.hostname, each.port) for each in ours}
