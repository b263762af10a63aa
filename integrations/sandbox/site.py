"""The sandbox as one web site: every tracker's wire under its name, and the people's page at the root.

    site = Site([Tracker("cloud", "jira-cloud"), Tracker("ado", "azure-devops")])
    with serve(site) as served:
        JIRA(server=f"{served.url}/cloud", basic_auth=("dana@corner-shop.example", "token-dana"))
    site["cloud"].faults.throttle()

A wire module has `create_wire(mounted) -> WSGI application` and `create_voice(mounted) -> webhooks.Voice`; the page
module has `create_page(site) -> WSGI application`.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterable, Iterator
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from waitress import wasyncore
from waitress.server import create_server
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from integrations.sandbox.faults import Faults
from integrations.sandbox.mailbox import Mailbox
from integrations.sandbox.records import Flavour
from integrations.sandbox.state import Tracker
from integrations.sandbox.webhooks import Webhooks

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_WIRES: dict[Flavour, str] = {
    "jira-cloud": "integrations.sandbox.jira.cloud",
    "jira-data-center": "integrations.sandbox.jira.data_center",
    "azure-devops": "integrations.sandbox.azure_devops",
}
_ITEM_ADDRESS = re.compile(r"(?:/browse|/_workitems/edit)/[A-Za-z0-9_-]{1,80}/?\Z")


class Mounted:
    """One tracker with all that belongs to it: `tracker`, `faults`, `webhooks`, `mailbox`.

    `vendor` is the wire without the faults before it, for switches that only one vendor has (azure_devops.wire.Wire).
    """

    def __init__(self, tracker: Tracker, site: Site) -> None:
        self.tracker = tracker
        self._site = site
        wire = import_module(_WIRES[tracker.flavour])
        self.faults = Faults(tracker.flavour)
        self.mailbox = Mailbox(tracker)
        self.webhooks = Webhooks(wire.create_voice(self), time_scale=site.time_scale)
        self.vendor: Any = wire.create_wire(self)
        self.wire: WSGIApplication = self.faults.wrap(self.vendor)
        tracker.subscribe(self.mailbox)
        tracker.subscribe(self.webhooks)

    @property
    def url(self) -> str:
        """The address of the tracker, without a slash at its end (Azure DevOps: of the organisation)."""
        return f"{self._site.url}/{self.tracker.name}"


class Site:
    """All trackers as one WSGI application. `time_scale` shortens the waits between webhook retries.

    `url` is where the site is reached; `serve` sets it. `notice` is a sentence shown on top of every page. The address
    at which a person would open an item in the product (.../browse/SHOP-1) leads to the page as well.
    """

    def __init__(self, trackers: Iterable[Tracker], *, time_scale: float = 1.0) -> None:
        self.url = "http://localhost"
        self.notice = ""
        self.time_scale = time_scale
        self._mounted = {tracker.name: Mounted(tracker, self) for tracker in trackers}
        mounts = {f"/{name}": mounted.wire for name, mounted in self._mounted.items()}
        self._wsgi = DispatcherMiddleware(self._page, mounts)

    def _page(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._people(environ, start_response)

    @cached_property
    def _people(self) -> WSGIApplication:
        """What people see; made when the first one looks."""
        made: WSGIApplication = import_module("integrations.sandbox.page").create_page(self)
        return made

    def __getitem__(self, name: str) -> Mounted:
        return self._mounted[name]

    def __iter__(self) -> Iterator[Mounted]:
        return iter(self._mounted.values())

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        opened = _ITEM_ADDRESS.search(environ.get("PATH_INFO", "")) is not None
        return (self._people if opened else self._wsgi)(environ, start_response)

    def drain(self, timeout: float = 10) -> None:
        """Waits until no webhook and no late write is on its way. Raises TimeoutError."""
        for mounted in self:
            mounted.faults.settle(timeout)
            mounted.webhooks.drain(timeout)

    def close(self) -> None:
        """Stops the webhooks and closes the state."""
        for mounted in self:
            mounted.webhooks.close()
            mounted.tracker.close()


class Served:
    """A site on a port of this machine; leave the `with` block or call `close`."""

    def __init__(self, site: Site, host: str, port: int, threads: int) -> None:
        self.site = site
        server = create_server(
            site,
            host=host,
            port=port,
            threads=threads,
            ident="",
            channel_timeout=30,
            clear_untrusted_proxy_headers=True,
        )
        self._server = cast(Any, server)  # the one kind, with a single socket
        self.port = int(self._server.effective_port)
        self.url = site.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(target=self._server.run, name="sandbox", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops serving; the site and its state stay as they are."""
        if not self._thread.is_alive():
            return
        server = self._server
        server.task_dispatcher.shutdown(cancel_pending=True, timeout=1)
        # Sockets may only be closed by the thread that polls them.
        with contextlib.suppress(OSError):  # it was awake already and has closed everything, the trigger too
            server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
        self._thread.join(5)

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def serve(site: Site, host: str = "127.0.0.1", port: int = 0, *, threads: int = 12) -> Served:
    """Serves the site in a thread of its own; port 0 takes a free one. `url` has no slash at its end."""
    return Served(site, host, port, threads)
