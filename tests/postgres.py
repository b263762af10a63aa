"""A PostgreSQL server of a test's own: a private cluster on a free port of this machine, fsync on, gone afterwards.

    with PostgresServer(tmp_path / "pg") as server:
        url = server.create("steward")

The machine's own binaries are used; `binaries()` is None where there are none. PostgreSQL refuses to run as root, so
root runs it as `postgres`.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Literal

import psycopg

ROLE = "steward"
PATIENCE_SECONDS = 60.0
SERVER_USER = "postgres"
EndMode = Literal["fast", "immediate"]
"""fast: clients are cut and all is written down; immediate: it aborts, and recovers at its next start."""
_SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}


def binaries() -> Path | None:
    """The folder that holds `initdb` and `postgres`, the newest release first; None if this machine has none."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    if (asked := shutil.which("pg_config")) is not None:
        told = subprocess.run([asked, "--bindir"], capture_output=True, text=True, check=False).stdout.strip()
        folders += [Path(told)] if told else []
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


class PostgresServer:
    """One cluster. `start`, `stop` and `restart` may alternate; what was committed outlives each of them.

    The cluster lies in a short folder of its own under the system's temporary folder (the path of a unix socket has
    at most 107 bytes, and another user must reach it); `folder` gets its log. `options` are settings of the server
    by name ("shared_buffers"). Raises RuntimeError if the machine has no server or it does not start.
    """

    def __init__(self, folder: Path, options: dict[str, str] | None = None) -> None:
        found = binaries()
        if found is None:
            raise RuntimeError("this machine has no PostgreSQL server; install the package postgresql")
        self._bin = found
        self._log = folder / "postgres.log"
        folder.mkdir(parents=True, exist_ok=True)
        self._options = options or {}
        self._home: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()

    def start(self) -> PostgresServer:
        """Start the server (and make the cluster, the first time); returns when it answers."""
        if self._home is None:
            self._home = self._make()
        settings = {"listen_addresses": "127.0.0.1", "port": str(self.port), "fsync": "on", **self._options}
        settings |= {"unix_socket_directories": str(self._home), "max_connections": "200"}
        # /dev/shm may be tiny in a container.
        settings |= {"dynamic_shared_memory_type": "mmap"}
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command: list[str] = [str(self._bin / "postgres"), "-D", str(self._home / "cluster"), *arguments]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._home, **_as_server_user())
        self._wait()
        return self

    def stop(self, mode: EndMode = "fast") -> None:
        """End the server, by its pid; what it holds stays."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(_SIGNALS[mode])
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(PATIENCE_SECONDS)

    def restart(self, mode: EndMode = "fast") -> None:
        """End the server as `mode` says, and start it again on the same port."""
        self.stop(mode)
        self.start()

    def close(self) -> None:
        """End the server and throw the cluster away."""
        self.stop("immediate")
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)
            self._home = None

    def create(self, database: str, *, like: str = "template1") -> str:
        """Make a database that is empty, or `like` another that nobody is connected to; returns its address."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}" TEMPLATE "{like}"')
        return self.url(database)

    def url(self, database: str) -> str:
        """The address of a database, as the settings want it."""
        return f"postgresql://{ROLE}@127.0.0.1:{self.port}/{database}"

    def __enter__(self) -> PostgresServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _make(self) -> Path:
        home = Path(tempfile.mkdtemp(prefix="steward-pg-"))
        if _as_server_user():
            shutil.chown(home, SERVER_USER)
        command = [str(self._bin / "initdb"), "-D", str(home / "cluster"), "-U", ROLE, "-A", "trust", "-E", "UTF8"]
        command.append("--locale=C")
        made = subprocess.run(command, capture_output=True, text=True, check=False, cwd=home, **_as_server_user())
        if made.returncode:
            shutil.rmtree(home, ignore_errors=True)
            raise RuntimeError(f"initdb failed: {made.stderr.strip()}")
        return home

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
            except psycopg.OperationalError as error:
                if self._process is None or self._process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"PostgreSQL did not start; see {self._log}") from error
                time.sleep(0.05)
            else:
                return


def _as_server_user() -> dict[str, Any]:
    """Arguments of a process that must not be root's."""
    return {"user": SERVER_USER, "group": SERVER_USER, "extra_groups": []} if os.geteuid() == 0 else {}


def _free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])
