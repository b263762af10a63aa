"""`steward demo`: show the stage until Ctrl-C, or walk the journey on it and say how it went."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bot.demo.journey import Step, walk_all
from bot.demo.stage import Stage, Staging
from bot.web.serving import is_free
from integrations.sandbox.loading import Backlog, BacklogUnreadable

HOST = "127.0.0.1"
QUIET_WAIT_SECONDS = 10.0
CHECK_WAIT_SECONDS = 0.5
UNREAD_SHOWN = 5
Echo = Callable[[str], None]


class DemoError(Exception):
    """Why the demonstration cannot be shown, and what to do."""


def show(source: Path | None, port: int, stopped: threading.Event, echo: Echo) -> None:
    """Show the stage until `stopped` is set."""
    for each in (port, port + 1):
        if not is_free(HOST, each):
            raise DemoError(f"port {each} is taken. Try: steward demo --port {port + 10}")
    notice = f"Demonstration: the bot waits {QUIET_WAIT_SECONDS:.0f} seconds here before it speaks, not five minutes."
    stage = _stage(Staging(source, port, port + 1, QUIET_WAIT_SECONDS, notice=notice), echo)
    try:
        _say_unread(stage.backlog, echo)
        echo(f"The sandbox tracker is on {stage.served.url}/ and the bot on {stage.bot.url}/ (Ctrl-C ends both).")
        echo("Three things to try:")
        echo("  1. Create an item with a vague description, wait ten seconds, and read the bot's comment.")
        echo("  2. As Dana, comment `steward accept 1` (or a number it shows); as Rae, who may not edit, try the same.")
        echo("  3. Comment `steward undo 1`; or edit an item first, accept then, and see the bot yield.")
        while not stopped.wait(0.2):
            pass
    finally:
        stage.close()


def check(source: Path | None, stopped: threading.Event, *, as_json: bool, echo: Echo) -> int:
    """Walk the journey on three flavours; returns the exit code."""
    began = time.monotonic()
    quiet: Echo = (lambda line: None) if as_json else echo
    stage = _stage(Staging(source, quiet_wait=CHECK_WAIT_SECONDS), quiet)
    try:
        _say_unread(stage.backlog, quiet)
        walks = walk_all(list(stage.site), stage.project_of, lambda name, step: quiet(_line(name, step)), stopped)
    finally:
        stage.close()
    ok = all(walk.ok for walk in walks)
    if as_json:
        echo(json.dumps({"ok": ok, "flavours": [walk.as_json() for walk in walks]}))
    else:
        seconds = time.monotonic() - began
        echo(f"{'All held' if ok else 'Not all held'}, on {len(walks)} flavours, in {seconds:.0f} s.")
    return 0 if ok else 1


def _stage(staging: Staging, echo: Echo) -> Stage:
    try:
        return Stage(staging, echo)
    except BacklogUnreadable as error:
        raise DemoError(str(error)) from None


def _line(name: str, step: Step) -> str:
    why = f": {step.why}" if step.why else ""
    return f"{'ok   ' if step.ok else 'FAILS'} {name:18} {step.name}  {step.seconds:.1f} s{why}"


def _say_unread(backlog: Backlog, echo: Echo) -> None:
    for unread in backlog.errors[:UNREAD_SHOWN]:
        echo(f"Not read: {unread}")
    if len(backlog.errors) > UNREAD_SHOWN:
        echo(f"Not read: {len(backlog.errors) - UNREAD_SHOWN} more lines.")
