"""Real TLS, a real proxy, and names that lead where nobody may go."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme

from integrations.azure_devops.wire import Wire
from integrations.jira.session import BearerAuth, JiraSession
from integrations.tracker import TrackerError, Unintelligible, Unreachable
from integrations.transport import Forbidden, Transport, equip, why_unanswered


@dataclass
class Server:
    """A local server that answers {} and notes what it was asked; `elsewhere` is where it redirects to."""

    tls: ssl.SSLContext | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)
    elsewhere: str = ""

    def __post_init__(self) -> None:
        noted = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                noted.asked.append((self.path, self.headers.get("Authorization", "")))
                body = b'{"self": "https://elsewhere.example/rest/api/3/issue/1"}'
                self.send_response(302 if noted.elsewhere else 200)
                if noted.elsewhere:
                    self.send_header("Location", noted.elsewhere)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                """Not on the screen."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.handle_error = lambda *args: None  # type: ignore[method-assign]  # handshakes that fail are wanted
        if self.tls is not None:
            self.http.socket = self.tls.wrap_socket(self.http.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.http.server_port
        self.url = f"{'https' if self.tls else 'http'}://localhost:{self.port}"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def close(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


class Proxy:
    """A forward proxy that knows CONNECT and notes what passes; it asks for a password if it has one."""

    def __init__(self, authorization: str = "") -> None:
        self.seen: list[str] = []
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def do_CONNECT(self) -> None:
                proxy.seen.append(f"CONNECT {self.path}")
                if self.headers.get("Proxy-Authorization", "") != authorization:
                    self.send_error(407)
                    return
                host, _, port = self.path.rpartition(":")
                with socket.create_connection((host, int(port)), 5) as there:
                    self.send_response(200)
                    self.end_headers()
                    pump(self.connection, there)

            def do_GET(self) -> None:
                proxy.seen.append(f"GET {self.path}")
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *args: Any) -> None:
                """Not on the screen."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def close(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


def pump(one: socket.socket, other: socket.socket) -> None:
    while True:
        for ready in select.select([one, other], [], [])[0]:
            data = ready.recv(65_536)
            if not data:
                return
            (other if ready is one else one).sendall(data)


@dataclass
class Place:
    """An authority of its own, and the files that it gives out."""

    folder: Path
    authority: trustme.CA

    @property
    def bundle(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def own(self) -> Path:
        return self.folder / "own.pem"

    def context(self, *, demands: bool = False) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert("localhost").configure_cert(context)
        if demands:
            context.verify_mode = ssl.CERT_REQUIRED
            self.authority.configure_trust(context)
        return context


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("certificates"), trustme.CA())
    place.authority.cert_pem.write_to_path(place.bundle)
    place.authority.issue_cert("steward.example.org").private_key_and_cert_chain_pem.write_to_path(place.own)
    return place


@pytest.fixture
def close() -> Iterator[list[Any]]:
    opened: list[Any] = []
    yield opened
    for one in opened:
        one.close()


def jira(url: str, transport: Transport, flavour: Any = "cloud") -> Any:
    return JiraSession(url, BearerAuth("token"), flavour, transport=transport, sleep=lambda seconds: None).get("myself")


def azure(url: str, transport: Transport) -> Any:
    return Wire("token", transport=transport, sleep=lambda seconds: None).send("GET", f"{url}/x", {})


BOTH = pytest.mark.parametrize("asks", [jira, azure])


@BOTH
def test_an_authority_of_ones_own_is_trusted_where_it_is_named(place: Place, close: list[Any], asks: Any) -> None:
    server = Server(place.context())
    close.append(server)
    asks(server.url, Transport(ca_bundle=place.bundle))
    assert len(server.asked) == 1


@BOTH
def test_a_certificate_is_always_checked(
    place: Place, close: list[Any], asks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(place.context())
    close.append(server)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(place.bundle))
    with pytest.raises(Unreachable, match="certificate"):
        asks(server.url, Transport())
    monkeypatch.setenv("CURL_CA_BUNDLE", "")
    with requests.Session() as session:
        equip(session, Transport())
        session.verify = False
        with pytest.raises(requests.exceptions.SSLError):
            session.get(server.url, verify=False, timeout=5)
    with pytest.raises(Unreachable, match="certificate"):
        asks(server.url.replace("localhost", "127.0.0.1"), Transport(ca_bundle=place.bundle))
    assert server.asked == []


@BOTH
def test_a_certificate_of_ours_is_shown_where_the_tracker_demands_one(
    place: Place, close: list[Any], asks: Any
) -> None:
    server = Server(place.context(demands=True))
    close.append(server)
    with pytest.raises(Unreachable):
        asks(server.url, Transport(ca_bundle=place.bundle))
    assert server.asked == []
    asks(server.url, Transport(ca_bundle=place.bundle, client_certificate=place.own))
    asks(server.url, Transport(ca_bundle=place.bundle, client_certificate=place.own, client_key=place.own))
    assert len(server.asked) == 2


@BOTH
def test_a_proxy_sees_only_where_the_way_leads(place: Place, close: list[Any], asks: Any) -> None:
    server, proxy = Server(place.context()), Proxy("Basic c3Rld2FyZDpzM2NyZXQ=")
    close += [server, proxy]
    asks(server.url, Transport(ca_bundle=place.bundle, proxy=f"http://steward:s3cret@{proxy.address}"))
    assert proxy.seen == [f"CONNECT localhost:{server.port}"]
    assert len(server.asked) == 1
    with pytest.raises(Unreachable, match="proxy") as raised:
        asks(server.url, Transport(ca_bundle=place.bundle, proxy=f"http://steward:wrong@{proxy.address}"))
    assert "wrong" not in f"{raised.value} {raised.value.__cause__}"
    assert len(server.asked) == 1


@BOTH
def test_the_environments_proxy_counts_unless_none_is_wanted(
    close: list[Any], asks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, proxy = Server(), Proxy()
    close += [server, proxy]
    monkeypatch.setenv("http_proxy", f"http://{proxy.address}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    asks(server.url, Transport())
    assert (len(proxy.seen), len(server.asked)) == (1, 0)
    asks(server.url, Transport(proxy="none"))
    assert (len(proxy.seen), len(server.asked)) == (1, 1)
    monkeypatch.setenv("no_proxy", "localhost")
    asks(server.url, Transport())
    assert (len(proxy.seen), len(server.asked)) == (1, 2)


@BOTH
def test_no_netrc_is_read(close: list[Any], asks: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    server = Server()
    close.append(server)
    (tmp_path / "netrc").write_text("machine localhost login x password y\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    asks(server.url, Transport())
    assert server.asked[0][1] in ("Bearer token", "Basic OnRva2Vu")


@BOTH
def test_fault_46_no_redirect_is_followed(close: list[Any], asks: Any) -> None:
    server, other = Server(), Server()
    close += [server, other]
    server.elsewhere = f"{other.url}/stolen"
    with pytest.raises(TrackerError):
        asks(server.url, Transport())
    assert other.asked == []


def test_fault_46_an_answers_own_address_gets_no_request(close: list[Any]) -> None:
    server = Server()
    close.append(server)
    session = JiraSession(f"{server.url}/ex/jira/1", BearerAuth("token"), "cloud")
    assert session.get("issue/SHOP-1")["self"].startswith("https://elsewhere.example")
    session.get("issue/SHOP-1")
    assert [path for path, _ in server.asked] == ["/ex/jira/1/rest/api/3/issue/SHOP-1"] * 2


INSIDE = ["169.254.169.254", "fe80::1", "100.100.100.200", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"]


@pytest.fixture
def led(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Every connection ends, as its peer tells it, at an address that nobody may call; what is sent there is kept."""
    sent: list[bytes] = []
    monkeypatch.setattr(socket.socket, "sendall", lambda self, data, *flags: sent.append(bytes(data)))
    return sent


@pytest.mark.parametrize("address", INSIDE)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_fault_46_a_name_that_comes_to_lead_inside_is_not_spoken_to(
    close: list[Any], led: list[bytes], monkeypatch: pytest.MonkeyPatch, address: str, scheme: str
) -> None:
    server = Server()
    close.append(server)
    monkeypatch.setattr(socket.socket, "getpeername", lambda self: (address, 80))
    url = server.url.replace("http:", f"{scheme}:")
    for asks in (jira, azure):
        with pytest.raises(Unreachable, match="link-local or metadata"):
            asks(url, Transport(proxy="none"))
        with pytest.raises(Unreachable, match="link-local or metadata"):
            asks("https://shop.example.org", Transport(proxy=server.url))
    assert (led, server.asked) == ([], [])


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "metadata.google.internal", "2852039166"])
def test_fault_46_an_address_inside_is_not_called_by_its_name_even_through_a_proxy(close: list[Any], host: str) -> None:
    proxy = Proxy()
    close.append(proxy)
    with requests.Session() as session:
        equip(session, Transport(proxy=f"http://{proxy.address}"))
        with pytest.raises(Forbidden):
            session.get(f"http://{host}/latest/meta-data", timeout=5)
    assert proxy.seen == []


def test_a_proxy_that_cannot_be_used_is_told_as_such() -> None:
    with pytest.raises((Unreachable, Unintelligible, TrackerError), match="proxy"):
        jira("https://shop.example.org", Transport(proxy="socks5://127.0.0.1:1"))


def test_why_there_is_no_connection_is_said_plainly(close: list[Any]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server()
    close.append(server)
    session = requests.Session()
    equip(session, Transport(proxy="none"))
    reasons = []
    for url in (f"http://127.0.0.1:{port}", "http://nowhere.invalid", f"https://127.0.0.1:{server.port}"):
        with pytest.raises(requests.RequestException) as raised:
            session.get(url, timeout=5)
        reasons.append(why_unanswered(raised.value))
    assert reasons == [
        "nothing listens there",
        "this machine cannot find the host name",
        "what listens there does not speak TLS",
    ]
