"""The people's page and texts that mean harm: whatever a ticket says, it shows as text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.sandbox.markup import wiki_to_adf
from integrations.sandbox.page import create_page
from integrations.sandbox.records import Flavour, Seed
from integrations.sandbox.site import Site
from integrations.sandbox.state import Tracker

NAUGHTY = Path(__file__).resolve().parents[4] / "shared" / "data" / "hostile" / "blns" / "blns.json"
OURS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    '<a href="javascript:alert(1)">x</a>',
    "[x|javascript:alert(1)]",
    "[x|data:text/html,<script>alert(1)</script>]",
    "!http://evil.example/x.png!",
    '<style>*{background:url("http://evil.example")}</style>',
    "<iframe src=http://evil.example></iframe><form action=http://evil.example><input name=token>",
    '<div style="position:fixed" class="refused" id="main">x</div>',
    "<base href=http://evil.example/><meta http-equiv=refresh content=0>",
    "{{7*7}} {% raw %} ${7*7}",
    "\u202etxt.exe \u0000 \ud800",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:")
FLAVOURS: tuple[Flavour, ...] = get_args(Flavour)


class Page(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.live: list[str] = []
        self.ids: list[str] = []
        self.feed(text)

    # A browser drops tabs and line ends from an address, and controls before it, then asks for its scheme.
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.ids += [values["id"]] if "id" in values else []
        own = {"script": ("/static/", "src"), "link": ("/static/", "href"), "form": ("/", "action")}
        if tag in ("iframe", "object", "embed", "base", "style", "svg", "math", "img", "video", "audio"):
            self.live.append(tag)
        if tag == "meta" and "http-equiv" in values:
            self.live.append("meta")
        if tag in own and not values.get(own[tag][1], own[tag][0]).startswith(own[tag][0]):
            self.live.append(f"{tag} {values}")
        for name, value in values.items():
            scheme = _SCHEME.match(re.sub(r"^[\x00-\x20]+|[\t\r\n]", "", value.casefold()))
            if name.startswith("on") or name in ("style", "srcdoc", "formaction"):
                self.live.append(f"{tag} {name}")
            if name in ("href", "src", "action") and scheme and scheme[0] not in ("http:", "https:", "mailto:"):
                self.live.append(f"{tag} {name}={value}")


def storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


@pytest.fixture(params=FLAVOURS)
def tracker(request: pytest.FixtureRequest) -> Iterator[Tracker]:
    tracker = Tracker("here", request.param)
    yield tracker
    tracker.close()


@pytest.fixture
def client(tracker: Tracker) -> FlaskClient:
    return create_page(Site([tracker])).test_client()


def naughty() -> list[str]:
    if not NAUGHTY.is_file():
        pytest.skip("no shared data")
    found: list[str] = json.loads(NAUGHTY.read_text())
    return found


def file_under(tracker: Tracker, texts: list[str]) -> str:
    """An item whose every text is hostile: titles, labels, names, comments, native bodies and history."""
    home = tracker.projects()[0].key

    def native(text: str) -> Any:
        return wiki_to_adf(text) if tracker.flavour == "jira-cloud" else text

    whole = "\n\n".join(texts)
    at = datetime(2026, 11, 20, tzinfo=UTC)
    link = tracker.terms("link_type")[-1].name
    named = [text for text in texts if text.strip()]
    number = tracker.count() + 1000
    first = Seed(
        whole[:200] or "x",
        native(whole),
        type="Bug",
        key=f"{home}-{number}",
        comments=tuple((text or "x", native(text), at) for text in texts),
    )
    parts = [Seed(text, parent=first.key, labels=(text[:200],), links=((link, first.key or ""),)) for text in named]
    key = tracker.seed([first, *parts])[0]
    tracker.change_item(None, tracker.item(key).id, {"labels": texts[:20], "assignee": texts[-1], "summary": named[0]})
    return key


def assert_dead(answer: Any) -> None:
    page = Page(answer.text)
    assert page.live == []
    assert len(page.ids) == len(set(page.ids))
    assert "<script>alert" not in answer.text


def test_fault_45_our_own_hostile_texts_show_as_text(tracker: Tracker, client: FlaskClient) -> None:
    key = file_under(tracker, [storable(text) for text in OURS])
    for path in (f"/item/here/{key}", "/backlog/here", "/new/here", "/mail/here"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert_dead(answer)
    page = client.get("/backlog/here").text
    assert "&lt;svg/onload=alert(1)&gt;" in page
    assert "{{7*7}}" in page


def test_fault_45_naughty_strings_show_as_text(tracker: Tracker, client: FlaskClient) -> None:
    texts = [storable(text) for text in naughty()]
    keys = [file_under(tracker, texts[start : start + 60]) for start in range(0, len(texts), 60)]
    for path in [*(f"/item/here/{key}" for key in keys), *(f"/backlog/here?page={n}" for n in range(1, 20))]:
        answer = client.get(path)
        assert answer.status_code == 200
        assert_dead(answer)


def test_fault_45_naughty_strings_in_addresses_are_answered_in_text(tracker: Tracker, client: FlaskClient) -> None:
    for text in [*OURS, *naughty()[::5]]:
        for answer in (
            client.get(
                "/backlog/here", query_string={"q": storable(text), "project": storable(text), "page": text[:5]}
            ),
            client.get("/item/here/x", query_string={"done": storable(text)}),
        ):
            assert answer.status_code in (200, 404)
            assert_dead(answer)


def test_fault_45_naughty_strings_in_forms_are_kept_or_refused(tracker: Tracker, client: FlaskClient) -> None:
    client.get("/backlog/here")
    cookie = client.get_cookie("sandbox_form")
    assert cookie is not None
    home = tracker.projects()[0].key
    for text in [*OURS, *naughty()[::12]]:
        form = {"token": cookie.value, "project": home, "type": "Bug", "summary": text, "description": text}
        made = client.post("/new/here", data={name: storable(value) for name, value in form.items()})
        assert made.status_code in (303, 400)
        if made.status_code == 303:
            path = made.headers["Location"].partition("?")[0]
            said = client.post(f"{path}/comment", data={"token": cookie.value, "text": storable(text)})
            assert said.status_code in (303, 400)
            assert_dead(client.get(path))
        else:
            assert_dead(made)


@pytest.mark.parametrize("path", ["/backlog/here", "/new/here", "/mail/here", "/nothing", "/item/here/X-1"])
def test_fault_45_every_page_carries_the_headers_that_keep_texts_dead(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "form-action 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(st.sampled_from("<>\"'&=/ ajsxonerr:img!|[]{}*_`~\n@#-1"), max_size=80))
def test_fault_45_any_mixture_of_signs_is_dead(tracker: Tracker, client: FlaskClient, text: str) -> None:
    body = wiki_to_adf(text) if tracker.flavour == "jira-cloud" else text
    formats = {"System.Description": "markdown"} if len(text) % 2 else {}
    item = tracker.create_item(None, tracker.projects()[0].key, "Bug", text.strip() or "x", body, formats=formats)
    assert_dead(client.get(f"/item/here/{item.key}"))


@pytest.mark.parametrize(
    "piece",
    ['<a href="', '<a href="http://localhost/here/browse/', "[x|http://localhost/here/browse/", "<a>", "*a", "@<"],
)
def test_fault_49_a_large_hostile_text_is_shown_in_linear_time(
    tracker: Tracker, client: FlaskClient, piece: str
) -> None:
    text = (piece * 100_000)[:100_000]
    body = wiki_to_adf(text) if tracker.flavour == "jira-cloud" else text
    item = tracker.create_item(None, tracker.projects()[0].key, "Bug", "Large", body)
    assert client.get(f"/item/here/{item.key}").status_code == 200
