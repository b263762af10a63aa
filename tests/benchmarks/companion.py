"""A process beside the bot's that does one thing, and says as JSON what came of it: a sender, a writer."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 90.0


class Companion:
    """Runs `python -m MODULE` until it ends by itself or is asked to; killed at the end of the block if need be.

    It gets `order` on standard input, says "ready" in a line of its own, and at the end its report in another.
    """

    def __init__(self, module: str, order: dict[str, Any]) -> None:
        self._command, self._order = [sys.executable, "-m", module], order

    def __enter__(self) -> Companion:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY
        )
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(self._order) + "\n")
            self._process.stdin.flush()
            assert self._output.readline() == "ready\n", "a process beside the bot did not start"
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def end(self) -> Any:
        """Ask it to end, and hear its report."""
        self._process.terminate()
        return self.report(PATIENCE_SECONDS)

    def report(self, patience: float) -> Any:
        """Wait until it has done all, and hear its report; after too long it is killed, and has none."""
        late = threading.Timer(patience, self._process.kill)
        late.start()
        try:
            return json.loads(self._output.read())
        finally:
            late.cancel()

    @property
    def _output(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout
