"""The audit for other systems: one line of JSON a row, or RFC 5424 messages; no ticket text, no words of people."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from bot.store import audit
from bot.store.database import Database

Form = Literal["jsonl", "syslog"]
Send = Callable[[bytes], None]

TOLD = frozenset(
    {
        *("by", "changed", "changes", "comment", "comments", "date", "dropped_to", "field", "key", "named_in"),
        *("number", "on", "outcome", "project", "replaced", "rows", "state", "writes", "batches"),
    }
)
"""What of a row's contents is exported: ids, numbers, states. What people wrote stays here."""
PRIORITY = 13 * 8 + 6
"""RFC 5424, section 6.2.1: log audit, informational."""
ENTERPRISE = "steward@32473"
"""RFC 5424, section 7.2.2 names this number for those who have none of their own."""
BOM = b"\xef\xbb\xbf"
CONNECT_SECONDS = 10.0
LONGEST_DATAGRAM = 65_000


class ExportError(Exception):
    """The audit cannot be sent there. The message is a sentence for a person."""


def rows(db: Database, since: datetime | None, after: int) -> Iterator[dict[str, Any]]:
    """All rows after a number and since a time, oldest first, with the hashes that chain them."""
    while True:
        with db.read() as session:
            found = audit.rows_after(session, after, since)
            told = [_told(row, content) for row, content in found]
        yield from told
        if not told:
            return
        after = told[-1]["number"]


def _told(row: audit.AuditRow, content: audit.AuditContent | None) -> dict[str, Any]:
    kept = audit.contents_of(content) if content is not None else None
    return {
        "number": row.number,
        "at": row.at,
        "action": row.action,
        "subject": row.subject,
        "details": {name: value for name, value in kept.items() if name in TOLD} if kept is not None else None,
        "commitment": row.commitment,
        "previous": row.previous,
        "hash": row.hash,
    }


def json_line(row: dict[str, Any]) -> bytes:
    """A row as a line of JSON (UTF-8), without its end."""
    return json.dumps(row, ensure_ascii=False).encode(errors="replace")


def syslog_message(row: dict[str, Any], host: str) -> bytes:
    """A row as an RFC 5424 message: chain in the structured data, details as JSON in UTF-8."""
    chain = " ".join(
        f'{name}="{_escaped(str(row[name]))}"' for name in ("number", "subject", "commitment", "previous", "hash")
    )
    header = f"<{PRIORITY}>1 {row['at']} {host[:255] or '-'} steward - {_word(row['action'])}"
    details = json.dumps(row["details"] or {}, ensure_ascii=False)
    return f"{header} [{ENTERPRISE} {chain}] ".encode(errors="replace") + BOM + details.encode(errors="replace")


def _word(text: str) -> str:
    return "".join(character for character in text[:32] if 33 <= ord(character) <= 126) or "-"


def _escaped(text: str) -> str:
    """RFC 5424, section 6.3.3."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


def export(db: Database, to: str, form: Form, since: datetime | None = None, after: int = 0) -> tuple[int, int]:
    """Send rows to a file, to standard output ("-"), or to udp://HOST:PORT or tcp://HOST:PORT.

    Returns how many, and the number of the last one, after which a later export goes on. Raises ExportError; the rows
    before the one it names have been handed over.
    """
    host, count, last = socket.gethostname(), 0, after
    try:
        with opened(to, form, append=after > 0) as send:
            for row in rows(db, since, after):
                send(json_line(row) if form == "jsonl" else syslog_message(row, host))
                count, last = count + 1, row["number"]
    except OSError as error:
        raise ExportError(f"{to} takes no more ({error.strerror or error}). Go on with: --after {last}") from None
    return count, last


@contextmanager
def opened(to: str, form: Form, *, append: bool) -> Iterator[Send]:
    """What takes the messages one by one. Raises ExportError and OSError."""
    scheme = to.partition("://")[0] if "://" in to else ""
    if scheme in ("tcp", "udp"):
        host, port = _place(to)
        kind = socket.SOCK_STREAM if scheme == "tcp" else socket.SOCK_DGRAM
        with _connected(host, port, kind) as sock:
            yield lambda message: sock.sendall(_framed(message, form, scheme))
    elif to == "-":
        yield lambda message: _write_all(sys.stdout.buffer, message)
        sys.stdout.buffer.flush()
    elif scheme:
        raise ExportError(f"{to} is neither a file nor udp://HOST:PORT nor tcp://HOST:PORT.")
    else:
        flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if append else os.O_TRUNC)
        with os.fdopen(os.open(Path(to), flags, 0o600), "wb") as file:
            yield lambda message: _write_all(file, message)


def _write_all(file: Any, message: bytes) -> None:
    file.write(message + b"\n")


def _framed(message: bytes, form: Form, scheme: str) -> bytes:
    """Over TCP a message goes with its length before it (RFC 6587, octet counting); a line of JSON with its end."""
    if scheme == "udp":
        return message[:LONGEST_DATAGRAM]
    return message + b"\n" if form == "jsonl" else str(len(message)).encode() + b" " + message


def _place(to: str) -> tuple[str, int]:
    try:
        parts = urlsplit(to)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port:
        raise ExportError(f"{to} lacks a host or a port, as in tcp://logs.example.org:601.")
    return host, port


def _connected(host: str, port: int, kind: socket.SocketKind) -> socket.socket:
    failed: OSError = OSError("no address")
    for family, _, protocol, _, address in socket.getaddrinfo(host, port, type=kind):
        sock = socket.socket(family, kind, protocol)
        sock.settimeout(CONNECT_SECONDS)
        try:
            sock.connect(address)
        except OSError as error:
            sock.close()
            failed = error
        else:
            return sock
    raise failed
