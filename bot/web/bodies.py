"""Requests as they arrive: bodies are held in memory, each up to a limit and all of them together up to another.

A stranger can send anything before we know who it is, so what arrives touches no disk. Of a body beyond its limit the
bytes are counted and dropped, not refused: towards Azure DevOps an authentic one must be answered 2xx even then.
"""

from __future__ import annotations

import io
import threading
from typing import IO, Any

from waitress.adjustments import Adjustments
from waitress.parser import HTTPRequestParser
from waitress.utilities import BadRequest, Error

CONTROL_LINE_BYTES = 1024
TRAILER_BYTES = 16 * 1024


class Room:
    """How many bytes all bodies may take together."""

    def __init__(self, total: int) -> None:
        self._free = total
        self._lock = threading.Lock()

    def take(self, size: int) -> bool:
        """Take some; False, and nothing taken, if they are not there."""
        with self._lock:
            if size > self._free:
                return False
            self._free -= size
            return True

    def give(self, size: int) -> None:
        """Give them back."""
        with self._lock:
            self._free += size


class Body:
    """One body. Its length is that of all that arrived; what is read of it is empty beyond the limit.

    `refused` says that there was no room for it.
    """

    def __init__(self, limit: int, room: Room) -> None:
        self._limit, self._room = limit, room
        self._file = io.BytesIO()
        self._size = self._held = 0
        self.refused = False

    def append(self, part: bytes) -> None:
        """Hold or drop what has arrived."""
        self._size += len(part)
        if self._size > self._limit:
            self.close()
        elif self._room.take(len(part)):
            self._held += len(part)
            self._file.write(part)
        else:
            self.refused = True

    def __len__(self) -> int:
        return self._size

    def getfile(self) -> IO[bytes]:
        """What is held, from its beginning."""
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Let go of what is held. Repeatable."""
        held, self._held = self._held, 0
        self._room.give(held)
        self._file = io.BytesIO()


class NoRoom(Error):
    """Too much is being sent at once."""

    code = 503
    reason = "Service Unavailable"

    def to_response(self, ident: str | None = None) -> Any:
        """As of the base, and when to come again."""
        status, headers, body = super().to_response(ident or "")
        return status, [*headers, ("Retry-After", "30")], body


class Limits(Adjustments):
    """The server's settings, and two more: the largest body in bytes, and what all of them may take."""

    body_limit: int
    room: Room


class Request(HTTPRequestParser):
    """One request under way."""

    adj: Limits

    def parse_header(self, header_plus: bytes) -> None:
        """As of the base; the body then goes to a Body."""
        super().parse_header(header_plus)
        receiver: Any = self.body_rcv
        if receiver is not None:
            receiver.buf = Body(self.adj.body_limit, self.adj.room)

    def received(self, data: bytes) -> int:
        """As of the base; ends what has no room, and chunks whose framing has no end: it is read again each time.

        Blank lines alone are no request, and the base would wait for one for ever.
        """
        consumed: int = super().received(data)
        if self.empty:
            self.error, self.empty = BadRequest("There is nothing in the request"), False
        receiver: Any = self.body_rcv
        if receiver is None or self.completed:
            return consumed
        framing = len(getattr(receiver, "control_line", b"")), len(getattr(receiver, "trailer", b""))
        if receiver.buf.refused:
            self.error, self.completed = NoRoom("Too much is being sent at once."), True
        elif framing[0] > CONTROL_LINE_BYTES or framing[1] > TRAILER_BYTES:
            self.error, self.completed = BadRequest("The framing of a chunk is too long"), True
        return consumed
