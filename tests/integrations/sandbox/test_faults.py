from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
import requests

from integrations.sandbox.site import Served

DANA = {"Authorization": "Bearer token-dana"}


@pytest.fixture
def item(served: Served) -> str:
    return served.site["dc"].tracker.create_item(None, "SHOP", "Story", "Save the cart").key


def test_without_faults_nothing_is_in_the_way_and_the_log_names_the_caller(served: Served, item: str) -> None:
    assert requests.get(f"{served.url}/dc/rest/api/2/issue/{item}?fields=summary", headers=DANA, timeout=5).ok
    (logged,) = served.site["dc"].faults.requests
    assert (logged.method, logged.path, logged.query) == ("GET", f"/rest/api/2/issue/{item}", "fields=summary")
    assert (logged.status, logged.user) == (200, "dana")


def test_a_throttle_holds_for_so_many_requests_in_either_form(served: Served, item: str) -> None:
    url = f"{served.url}/dc/rest/api/2/issue/{item}"
    faults = served.site["dc"].faults
    faults.throttle(7, times=2, path="/issue/")
    faults.throttle(60, form="date")
    answers = [requests.get(url, headers=DANA, timeout=5) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [429, 429, 429, 200]
    assert answers[0].headers["Retry-After"] == "7"
    wait = parsedate_to_datetime(answers[2].headers["Retry-After"]) - datetime.now(UTC)
    assert 30 < wait.total_seconds() <= 61


def test_only_what_matches_is_hit(served: Served, item: str) -> None:
    faults = served.site["dc"].faults
    faults.unavailable(method="POST")
    faults.unavailable(path="/search")
    assert requests.get(f"{served.url}/dc/rest/api/2/issue/{item}", headers=DANA, timeout=5).status_code == 200
    answer = requests.get(f"{served.url}/dc/rest/api/2/search?jql=project=SHOP", headers=DANA, timeout=5)
    assert (answer.status_code, "Retry-After" in answer.headers) == (503, False)
    assert requests.get(f"{served.url}/cloud/rest/api/3/myself", headers=DANA, timeout=5).status_code == 200


def test_a_lost_answer_closes_the_connection_after_the_write(served: Served, item: str) -> None:
    mounted = served.site["dc"]
    mounted.faults.lose_answer(method="POST")
    url = f"{served.url}/dc/rest/api/2/issue/{item}/comment"
    with pytest.raises(requests.ConnectionError):
        requests.post(url, json={"body": "once"}, headers=DANA, timeout=5)
    assert [comment.body for comment in mounted.tracker.comments(mounted.tracker.item(item).id)] == ["once"]
    assert mounted.faults.requests[-1].status is None
    assert requests.get(url, headers=DANA, timeout=5).json()["total"] == 1


@pytest.mark.parametrize("answer", ["close", "503"])
def test_a_late_write_lands_after_its_answer(served: Served, item: str, answer: str) -> None:
    mounted = served.site["dc"]
    mounted.faults.land_late(0.3, method="POST", answer=answer)  # type: ignore[arg-type]
    url = f"{served.url}/dc/rest/api/2/issue/{item}/comment"
    if answer == "503":
        assert requests.post(url, json={"body": "late"}, headers=DANA, timeout=5).status_code == 503
    else:
        with pytest.raises(requests.ConnectionError):
            requests.post(url, json={"body": "late"}, headers=DANA, timeout=5)
    number = mounted.tracker.item(item).id
    mounted.faults.settle()
    assert [comment.body for comment in mounted.tracker.comments(number)] == ["late"]


def test_latency_adds_to_what_else_happens(served: Served, item: str) -> None:
    faults = served.site["dc"].faults
    faults.delay(5, times=1)
    with pytest.raises(requests.ReadTimeout):
        requests.get(f"{served.url}/dc/rest/api/2/issue/{item}", headers=DANA, timeout=0.2)
    faults.clear()
    assert requests.get(f"{served.url}/dc/rest/api/2/issue/{item}", headers=DANA, timeout=5).ok
