"""How requests to a tracker travel: certificates, proxy, and who is never connected to. Shared by the vendors' clients.

Every request passes one adapter, which keeps the connection's pace, says that a write is about to be sent, checks who
answers at the other end, and tells of the exchange. Nothing is taken from the environment but proxies: no netrc, no
certificates. Certificates are always checked.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError

from integrations.addresses import leads_inside
from integrations.exchanges import Exchange, Observe, announce, unobserved
from integrations.pace import Pace
from integrations.tracker import Throttled

DIRECT: Literal["none"] = "none"
_NOT_TLS = re.compile("WRONG_VERSION_NUMBER|wrong version number|RECORD_LAYER|record layer|UNKNOWN_PROTOCOL")


class Forbidden(Exception):
    """A host that is never called, or a name that has led to one. No byte was sent."""


@dataclass(frozen=True, slots=True)
class Transport:
    """`ca_bundle` (PEM) are the authorities to trust instead of the public ones; `client_certificate` and `client_key`
    (PEM) show who we are. `proxy` is an address that may hold a user and a password, "none" for no proxy at all, or
    None for what the environment says.
    """

    ca_bundle: Path | None = None
    proxy: str | None = field(default=None, repr=False)
    client_certificate: Path | None = None
    client_key: Path | None = None

    @property
    def verify(self) -> bool | str:
        """What `requests` calls so; never False."""
        return str(self.ca_bundle) if self.ca_bundle is not None else True

    @property
    def cert(self) -> str | tuple[str, str] | None:
        """What `requests` calls so."""
        if self.client_certificate is None:
            return None
        if self.client_key is None:
            return str(self.client_certificate)
        return str(self.client_certificate), str(self.client_key)

    def proxies(self, url: str) -> Mapping[str, str]:
        """The proxies for an address, by scheme."""
        if self.proxy == DIRECT:
            return {}
        if self.proxy is not None:
            return {"http": self.proxy, "https": self.proxy}
        return get_environ_proxies(url)


PLAIN = Transport()


def equip(
    session: requests.Session,
    transport: Transport = PLAIN,
    *,
    observer: Observe = unobserved,
    pace: Pace | None = None,
    patience: float = 0.0,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Let all requests of a session travel so.

    Waits of up to `patience` seconds are slept through, longer ones are raised as Throttled.
    """
    session.trust_env = False
    adapter = _Adapter(transport, observer, pace or Pace(), patience, sleep)
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)


def why_unanswered(error: Exception) -> str:
    """Why no answer came, in a few words without addresses."""
    match error:
        case Forbidden():
            return str(error)
        case requests.exceptions.SSLError() if _NOT_TLS.search(str(error)):
            return "what listens there does not speak TLS"
        case requests.exceptions.SSLError():
            return "the certificate is not trusted, or ours was not taken: see ca_bundle and client_certificate"
        case requests.exceptions.ProxyError():
            return "the proxy did not let it through: see proxy"
        case requests.exceptions.ConnectTimeout():
            return "nobody took the connection in time"
        case requests.exceptions.Timeout():
            return "it did not come in time"
        case requests.exceptions.ConnectionError():
            return _why_unconnected(error)
    return type(error).__name__


def _why_unconnected(error: BaseException) -> str:
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in seen:
        seen.append(cause)
        if isinstance(cause, NameResolutionError | socket.gaierror):
            return "this machine cannot find the host name"
        if isinstance(cause, ConnectionRefusedError):
            return "nothing listens there"
        inner = getattr(cause, "reason", None) or next(iter(cause.args), None)
        cause = inner if isinstance(inner, BaseException) else cause.__cause__ or cause.__context__
    return type(error).__name__


class _Adapter(HTTPAdapter):
    def __init__(
        self, transport: Transport, observer: Observe, pace: Pace, patience: float, sleep: Callable[[float], None]
    ) -> None:
        self._transport, self._observer, self._pace = transport, observer, pace
        self._patience, self._sleep = patience, sleep
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        found = super().proxy_manager_for(proxy, **options)
        found.pool_classes_by_scheme = _POOLS
        return found

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        method, url = request.method or "", request.url or ""
        parts = urlsplit(url)
        if leads_inside(parts.hostname or ""):
            raise Forbidden("a link-local or metadata address is never called")
        options |= {"verify": self._transport.verify, "cert": self._transport.cert}
        options["proxies"] = dict(self._transport.proxies(url))
        self._await_turn(method, parts.path)
        announce(method)
        started = time.perf_counter()
        try:
            response = super().send(request, *args, **options)
        except Exception:
            self._tell(Exchange(method, parts.path, None, time.perf_counter() - started, {}))
            raise
        self._tell(Exchange(method, parts.path, response.status_code, time.perf_counter() - started, response.headers))
        return response

    def _await_turn(self, method: str, path: str) -> None:
        while wait := self._pace.turn(method, path):
            if wait > self._patience:
                raise Throttled(f"{method} was not sent: the tracker has asked to wait", wait)
            self._sleep(wait)

    def _tell(self, exchange: Exchange) -> None:
        self._pace.heard(exchange)
        self._observer(exchange)


def _checked(peer: socket.socket) -> socket.socket:
    """A name may have led elsewhere than when the settings were read: who is there is what counts."""
    if leads_inside(str(peer.getpeername()[0])):
        peer.close()
        raise Forbidden("the name in the address leads to a link-local or metadata address, which is never called")
    return peer


class _PlainConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())


class _TlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_POOLS = {"http": _PlainPool, "https": _TlsPool}
