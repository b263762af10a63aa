"""The private listener: what it answers, to whom, and that it changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from flask.testing import FlaskClient

from bot.store.database import Database
from bot.telemetry.connections import Hearing
from bot.telemetry.metrics import exposition
from bot.telemetry.status.looking import look
from bot.telemetry.status.values import Status
from bot.web.operations import create_operations_app
from tests.bot.telemetry import filled


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = filled.database(tmp_path)
    filled.fill(made)
    yield made
    made.close()


def client(
    db: Database, folder: Path, host: str = "127.0.0.1", *, ready: bool = True, names: tuple[str, ...] = ()
) -> FlaskClient:
    app = create_operations_app(
        lambda: {"store": db.answers(), "serving": ready},
        exposition(lambda: None),
        lambda: look(filled.settings(folder), db, lambda: filled.JOBS, Hearing(), lambda: filled.NOW, "0.1.0"),
        host=host,
        names=names,
    )
    return app.test_client()


def test_each_address_answers(db: Database, tmp_path: Path) -> None:
    asked = client(db, tmp_path)
    assert asked.get("/").headers["Location"] == "/status"
    assert asked.get("/healthz").json == {"status": "ok"}
    assert asked.get("/readyz").json == {"serving": True, "store": True}
    assert "steward_jobs_total" in asked.get("/metrics").text
    assert asked.get("/status").text.count("All is well.") == 2
    assert asked.get("/static/status.css").status_code == 200


def test_a_part_that_fails_is_told_with_503(db: Database, tmp_path: Path) -> None:
    answer = client(db, tmp_path, ready=False).get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"serving": False, "store": True})


def test_the_page_is_told_as_json_too(db: Database, tmp_path: Path) -> None:
    told = client(db, tmp_path).get("/status?format=json").json
    assert told["headline"] == "All is well."
    assert told["at"] == "2026-11-21T13:40:26+00:00"
    assert {"queue": "items", "state": "delayed", "number": 41, "oldest": 200.0} in told["store"]["jobs"]
    assert told["day"] == {"worked on": 175, "nothing to do": 88, "dead letter": 0, "waiting": 0}
    assert told["tokens"] == {"spent": 61_250, "budget": 200_000}
    assert len(told["hourly"]) == 24


def test_a_database_that_is_away_is_a_page_and_not_an_error(tmp_path: Path) -> None:
    away = Database(f"sqlite:///{tmp_path / 'nowhere' / 'steward.db'}")
    asked = client(away, tmp_path)
    page = asked.get("/status")
    assert page.status_code == 200
    assert "The database does not answer." in page.text
    assert asked.get("/status?format=json").json["store"] is None
    assert asked.get("/healthz").status_code == 200
    assert asked.get("/readyz").status_code == 503


@pytest.mark.parametrize("path", ["/status", "/metrics", "/healthz", "/nothing", "/static/status.css"])
def test_every_answer_is_hardened(db: Database, tmp_path: Path, path: str) -> None:
    headers = client(db, tmp_path).get(path).headers
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1:8789", "[::1]:8789", "127.9.9.9", "steward.localhost:1"])
def test_whoever_names_this_machine_is_answered(db: Database, tmp_path: Path, name: str) -> None:
    assert client(db, tmp_path).get("/metrics", headers={"Host": name}).status_code == 200


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1.evil.example:8789", "10.0.0.7", "[::1", "localhost@evil"])
def test_a_name_that_is_pointed_at_this_machine_is_refused(db: Database, tmp_path: Path, name: str) -> None:
    asked = client(db, tmp_path)
    for path in ("/status", "/metrics", "/static/status.css", "/nothing"):
        assert asked.get(path, headers={"Host": name}).status_code in (400, 403)


def test_an_address_for_others_too_is_asked_by_number_and_by_no_name(db: Database, tmp_path: Path) -> None:
    """Probes and Prometheus ask by number; a name could be one that a page elsewhere has pointed here."""
    asked = client(db, tmp_path, host="10.0.0.7")
    assert asked.get("/healthz", headers={"Host": "10.0.0.7:8789"}).status_code == 200
    assert asked.get("/healthz", headers={"Host": "[fd00::7]:8789"}).status_code == 200
    assert asked.get("/healthz", headers={"Host": "localhost:8789"}).status_code == 200
    assert asked.get("/healthz", headers={"Host": "rebound.example:8789"}).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - nothing listens there
def test_it_answers_to_the_names_that_the_settings_list_and_to_no_other(
    db: Database, tmp_path: Path, host: str
) -> None:
    asked = client(db, tmp_path, host, names=("steward", "Bot1.example.org"))
    for name in ("steward:8789", "STEWARD", "bot1.example.org:8789", "bot1.example.org.", "localhost"):
        assert asked.get("/metrics", headers={"Host": name}).status_code == 200, name
    for name in ("stewards", "evil.steward", "example.org", "steward.evil.example:8789", "evil@steward@evil", ""):
        assert asked.get("/metrics", headers={"Host": name}).status_code in (400, 403), name


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_it_is_for_looking_only(db: Database, tmp_path: Path, method: str) -> None:
    asked = client(db, tmp_path)
    for path in ("/", "/status", "/metrics", "/healthz", "/readyz"):
        assert asked.open(path, method=method).status_code == 405


def test_a_bug_is_told_by_its_class(tmp_path: Path) -> None:
    def broken() -> Status:
        raise RuntimeError("canary")

    app = create_operations_app(dict, exposition(lambda: None), broken, host="127.0.0.1")
    with structlog.testing.capture_logs() as logged:
        answer = app.test_client().get("/status")
    assert (answer.status_code, "canary" in answer.text) == (500, False)
    assert logged == [{"event": "page failed", "page": "/status", "error": "RuntimeError", "log_level": "error"}]
