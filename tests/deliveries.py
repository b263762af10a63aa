"""Deliveries as the vendors send them, over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from bot.settings import load
from bot.store import inbox

SECRET = "s3cret"


@dataclass(frozen=True, slots=True)
class Told:
    """What the sender is told. `retry_after` is in seconds; 0 if nothing is said of it."""

    status: int
    retry_after: int


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"X-Hub-Signature": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def basic(secret: str = SECRET) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"steward:{secret}".encode()).decode()}


def send(url: str, body: Any, headers: dict[str, str], vendor: str = "jira", *, chunked: bool = False) -> Told:
    """Send one delivery to the connection "tracker" of the bot at an address."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
    try:
        path = f"/webhooks/{vendor}/tracker"
        connection.request("POST", path, body=body, headers=headers, encode_chunked=chunked)
        answer = connection.getresponse()
        return Told(answer.status, int(answer.headers.get("Retry-After", 0)))
    finally:
        connection.close()


def post(world: Any, body: Any, headers: dict[str, str], vendor: str = "jira", *, chunked: bool = False) -> int:
    return send(world.server.url, body, headers, vendor, chunked=chunked).status


def answers(world: Any, body: bytes) -> int:
    """What an authentic delivery is answered."""
    return post(world, body, basic() if world.flavour == "azure-devops" else signed(body), vendor(world))


def with_a_button(world: Any, secret: str) -> None:
    """Let a rule of Jira Automation ask for looks, from a restart on."""
    file = world.config.with_name("button")
    file.write_text(secret)
    line = f"automation_secret = {{ file = '{file}' }}\nintake ="
    world.config.write_text(world.config.read_text().replace("intake =", line, 1))
    world.settings = load(world.config)
    world.wire()
    world.server.close()
    world.server = world.serve()
    world.server.start()


def vendor(world: Any) -> str:
    return "azure-devops" if world.flavour == "azure-devops" else "jira"


def numbered(world: Any, number: int, *, secret: str = SECRET) -> tuple[bytes, dict[str, str]]:
    """An authentic delivery of the world's tracker: its body and headers. One number is one delivery."""
    if world.flavour == "azure-devops":
        resource = {"id": number + 1, "fields": {"System.TeamProject": world.project}}
        ids = {"subscriptionId": "s", "notificationId": number, "id": f"event-{number}"}
        return json.dumps({**ids, "eventType": "workitem.created", "resource": resource}).encode(), basic(secret)
    issue = {"id": str(number + 1), "key": f"{world.project}-{number + 1}", "fields": {}}
    body = json.dumps({"timestamp": number, "webhookEvent": "jira:issue_created", "issue": issue}).encode()
    return body, signed(body, secret)


def rows(world: Any) -> int:
    with world.db.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(inbox.Delivery)) or 0


def states(world: Any) -> set[str]:
    with world.db.read() as session:
        return set(session.scalars(sa.select(inbox.Delivery.state)))


def letters(world: Any) -> list[str]:
    with world.db.read() as session:
        return [letter.reason for letter in inbox.dead_letters(session)]
