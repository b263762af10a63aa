"""Turns at writing: one at a time, in order, the door first."""

from __future__ import annotations

import threading

import pytest

from bot.store.turns import Turns

PATIENCE_SECONDS = 20.0


def waiting(turns: Turns, number: int) -> None:
    """Until so many wait."""
    pause = threading.Event()
    while len(turns._urgent) + len(turns._others) < number:
        assert not pause.wait(0.001)


def test_a_turn_that_nobody_holds_is_had_at_once_and_given_back_also_by_an_error() -> None:
    turns = Turns()
    with pytest.raises(ValueError, match="in the midst"), turns.turn():
        raise ValueError("in the midst")
    with turns.turn():
        pass


def test_those_who_wait_are_served_in_order_and_the_urgent_first() -> None:
    turns, served = Turns(), list[str]()

    def take(name: str, urgent: bool) -> None:
        with turns.turn(urgent=urgent):
            served.append(name)

    threads = []
    with turns.turn():
        for number, (name, urgent) in enumerate([("a", False), ("b", False), ("door", True), ("c", False)]):
            threads.append(threading.Thread(target=take, args=(name, urgent), daemon=True))
            threads[-1].start()
            waiting(turns, number + 1)
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert served == ["door", "a", "b", "c"]


def test_two_never_hold_a_turn_together() -> None:
    turns, inside, most = Turns(), list[int](), list[int]()

    def work(urgent: bool) -> None:
        for _ in range(200):
            with turns.turn(urgent=urgent):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work, args=(number % 3 == 0,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert len(most) == 1200
    assert set(most) == {1}
