"""Senders that are slow, silent or endless: cut by the server, and never at the cost of the others."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bot.web.bodies import Body, Room
from tests.deliveries import numbered, post

HEAD = b"POST /webhooks/jira/tracker HTTP/1.1\r\nHost: steward\r\n"
WITH_BODY = HEAD + b"Content-Length: 100000\r\n\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
DRIPS = 2000


def limited(world: Any, **limits: Any) -> None:
    world.server.close()
    world.server = world.serve(**limits)
    world.server.start()


@contextmanager
def connected(world: Any) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", world.server.port), timeout=30) as sender:
        yield sender


def drip(sender: socket.socket, byte: bytes, between: threading.Event) -> bool:
    """Send a byte at a time until the server ends it; whether it did."""
    for _ in range(DRIPS):
        try:
            sender.sendall(byte)
            sender.settimeout(0.02)
            if sender.recv(100) == b"":
                return True
        except TimeoutError:
            between.wait(0.01)
        except OSError:
            return True
    return False


@pytest.mark.parametrize(
    ("begins", "byte"),
    [(HEAD, b"X"), (WITH_BODY, b"x"), (CHUNKED, b"1"), (b"", b"\r\n")],
    ids=["in the head", "in the body", "in a chunk", "in blank lines"],
)
def test_fault_11_a_dripping_sender_is_cut_and_holds_no_worker(
    make_world: Callable[..., Any], begins: bytes, byte: bytes
) -> None:
    world = make_world()
    limited(world, threads=1, deadline=0.5)
    with connected(world) as sender:
        sender.sendall(begins)
        ended = []
        dripping = threading.Thread(target=lambda: ended.append(drip(sender, byte, threading.Event())))
        dripping.start()
        assert post(world, *numbered(world, 1)) == 200
        dripping.join()
    assert ended == [True]
    assert post(world, *numbered(world, 2)) == 200


def test_fault_11_a_silent_sender_is_cut(make_world: Callable[..., Any]) -> None:
    world = make_world()
    limited(world, deadline=0.2)
    with connected(world) as sender:
        assert sender.recv(1) == b""


def test_fault_11_where_connections_run_out_the_slowest_makes_room(make_world: Callable[..., Any]) -> None:
    world = make_world()
    limited(world, connections=4, deadline=600.0)
    senders = [socket.create_connection(("127.0.0.1", world.server.port), timeout=30) for _ in range(4)]
    try:
        for sender in senders:
            sender.sendall(HEAD)
        assert post(world, *numbered(world, 1)) == 200
    finally:
        for sender in senders:
            sender.close()


def test_a_connection_that_is_answered_may_rest_and_ask_again(make_world: Callable[..., Any]) -> None:
    world = make_world()
    limited(world, deadline=0.2)
    with connected(world) as sender:
        for _ in range(2):
            sender.sendall(b"GET /healthz HTTP/1.1\r\nHost: steward\r\n\r\n")
            answer = b""
            while not answer.endswith(b"}\n"):
                answer += sender.recv(1000)
            assert answer.startswith(b"HTTP/1.1 200")
            threading.Event().wait(1.5)  # longer than the deadline and the time between two looks


@pytest.mark.parametrize("framing", [b"1;" + b"x" * 5000, b"0\r\n" + b"x" * 40_000], ids=["control line", "trailer"])
def test_a_chunk_whose_framing_has_no_end_is_refused(make_world: Callable[..., Any], framing: bytes) -> None:
    world = make_world()
    with connected(world) as sender:
        sender.sendall(CHUNKED + framing)
        assert sender.recv(1000).startswith(b"HTTP/1.1 400")


def test_bodies_together_take_no_more_than_their_room() -> None:
    room = Room(100)
    first, second = Body(80, room), Body(80, room)
    first.append(b"x" * 60)
    second.append(b"x" * 60)
    assert second.refused
    assert not first.refused
    first.append(b"x" * 60)
    assert len(first) == 120
    assert first.getfile().read() == b""
    third = Body(100, room)
    third.append(b"x" * 100)
    assert not third.refused
    third.close()
    third.close()
    assert room.take(100)
    assert not room.take(1)
