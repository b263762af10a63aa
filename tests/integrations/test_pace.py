"""When a request may be sent: gates that a tracker closes, for all who share its account."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from integrations.exchanges import Exchange
from integrations.pace import Pace, Urgency, working_for

GET, PUT = "GET", "PUT"
SHOP_1, SHOP_2 = "/jira/rest/api/2/issue/SHOP-1/comment", "/jira/rest/api/2/issue/SHOP-2"


class Clock:
    """A clock that only moves when it is told to."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Board:
    """A board in memory; each process would have its own way to it."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.until, self.looks, self.closings = clock, dict[str, float](), 0, 0

    def look(self) -> Mapping[str, float]:
        self.looks += 1
        return {gate: until - self.clock() for gate, until in self.until.items()}

    def close(self, gate: str, seconds: float) -> None:
        self.closings += 1
        self.until[gate] = max(self.until.get(gate, 0.0), self.clock() + seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> Pace:
    return Pace(clock)


def answer(status: int = 200, method: str = GET, path: str = "/x", **headers: str) -> Exchange:
    return Exchange(method, path, status, 0.1, {name.replace("_", "-"): value for name, value in headers.items()})


def budget(left: int, reset: int = 40) -> Exchange:
    return answer(X_RateLimit_Limit="100", X_RateLimit_Remaining=str(left), X_RateLimit_Reset=str(reset))


def test_who_has_heard_nothing_sends_at_once(pace: Pace) -> None:
    pace.heard(answer())
    assert (pace.turn(GET, SHOP_1), pace.turn(PUT, SHOP_1)) == (0.0, 0.0)


def test_a_wait_is_for_all_requests_until_it_has_passed(pace: Pace, clock: Clock) -> None:
    pace.heard(answer(429, Retry_After="7"))
    pace.heard(answer(429, Retry_After="2"))
    assert (pace.turn(GET, SHOP_1), pace.turn(PUT, SHOP_2)) == (7.0, 7.0)
    clock.now += 7
    assert (pace.turn(GET, SHOP_1), pace.turn(PUT, SHOP_2)) == (0.0, 0.0)


def test_a_wait_asked_on_a_success_is_kept_too(pace: Pace) -> None:
    pace.heard(answer(200, Retry_After="3"))
    assert pace.turn(GET, "/_apis/projects") == 3.0


def test_the_limit_of_one_items_writes_closes_these_alone(pace: Pace, clock: Clock) -> None:
    pace.heard(answer(429, PUT, SHOP_1, Retry_After="5", RateLimit_Reason="jira-per-issue-on-write"))
    assert pace.turn(PUT, "/jira/rest/api/2/issue/SHOP-1") == 5.0
    assert (pace.turn(GET, SHOP_1), pace.turn(PUT, SHOP_2), pace.turn("POST", "/jira/rest/api/2/issue")) == (0, 0, 0)
    clock.now += 5
    assert pace.turn(PUT, SHOP_1) == 0.0


def test_the_limit_of_one_items_writes_closes_all_where_the_item_is_not_known(pace: Pace) -> None:
    pace.heard(
        answer(429, "POST", "/rest/api/3/issueLink", Retry_After="5", RateLimit_Reason="jira-per-issue-on-write")
    )
    assert pace.turn(GET, SHOP_1) == 5.0


def test_fault_23_the_limit_of_one_endpoint_closes_it_for_all_and_nothing_else(clock: Clock) -> None:
    board = Board(clock)
    one, other = Pace(clock, board), Pace(clock, board)
    burst = {"Retry_After": "9", "RateLimit_Reason": "jira-burst-based", "X_RateLimit_Limit": "100"}
    one.heard(answer(429, GET, "/ex/jira/a-1/rest/api/3/issue/SHOP-1/comment", **burst, X_RateLimit_Remaining="0"))
    api = "/ex/jira/a-1/rest/api/3"
    for pace in (one, other):
        assert pace.turn(GET, f"{api}/issue/WEB-7/comment") == 9.0
        assert pace.turn(GET, f"{api}/issue/10017/comment") == 9.0
        with working_for(Urgency.NIGHTLY):
            assert (pace.turn(GET, f"{api}/issue/SHOP-1"), pace.turn("POST", f"{api}/issue/SHOP-1/comment")) == (0, 0)
            assert pace.turn(GET, f"{api}/search/jql") == 0
    clock.now += 9
    assert other.turn(GET, f"{api}/issue/WEB-7/comment") == 0


def test_an_endpoint_is_the_same_for_each_project_however_its_key_is_written(pace: Pace) -> None:
    pace.heard(answer(429, GET, "/rest/api/3/project/shop", Retry_After="9", RateLimit_Reason="jira-burst-based"))
    assert [pace.turn(GET, f"/rest/api/3/project/{key}") for key in ("web", "WEB", "W2")] == [9.0] * 3
    pace.heard(
        answer(
            429,
            GET,
            "/rest/api/3/issue/createmeta/shop/issuetypes",
            Retry_After="5",
            RateLimit_Reason="Jira-Burst-Based",
        )
    )
    assert pace.turn(GET, "/rest/api/3/issue/createmeta/web/issuetypes") == 5.0
    assert pace.turn(GET, "/rest/api/3/issue/createmeta/web/issuetypes/10001") == 0.0


@pytest.mark.parametrize(
    ("left", "waiting"),
    [(30, ()), (29, (Urgency.NIGHTLY,)), (10, (Urgency.NIGHTLY,)), (9, (Urgency.NIGHTLY, Urgency.TICKET))],
)
def test_what_is_left_is_for_people_first_and_then_for_new_tickets(
    pace: Pace, clock: Clock, left: int, waiting: tuple[Urgency, ...]
) -> None:
    pace.heard(budget(left))
    for urgency in Urgency:
        with working_for(urgency):
            assert pace.turn(GET, SHOP_1) == (40.0 if urgency in waiting else 0.0)
    clock.now += 40
    with working_for(Urgency.NIGHTLY):
        assert pace.turn(GET, SHOP_1) == 0.0


def test_a_budget_that_names_no_end_is_waited_for_a_minute_and_one_far_away_for_a_quarter_of_an_hour(
    pace: Pace,
) -> None:
    with working_for(Urgency.NIGHTLY):
        pace.heard(answer(X_RateLimit_NearLimit="true"))
        assert pace.turn(GET, "/x") == 60.0
        pace.heard(budget(1, 80_000))
        assert pace.turn(GET, "/x") == 900.0


def test_many_writes_to_one_item_are_spaced_and_those_to_others_are_not(pace: Pace, clock: Clock) -> None:
    assert [pace.turn(PUT, SHOP_1) for _ in range(10)] == [0.0] * 10
    clock.now += 0.5
    assert pace.turn(PUT, SHOP_1) == 1.5
    assert (pace.turn(PUT, SHOP_2), pace.turn(GET, SHOP_1)) == (0.0, 0.0)
    clock.now += 1.5
    assert pace.turn(PUT, SHOP_1) == 0.0


def test_fault_23_what_one_was_told_another_keeps(clock: Clock) -> None:
    board = Board(clock)
    one, other = Pace(clock, board), Pace(clock, board)
    one.heard(answer(429, Retry_After="120"))
    assert other.turn(GET, SHOP_1) == 120.0
    clock.now += 119
    assert other.turn(GET, SHOP_1) == 1.0
    clock.now += 1
    assert (one.turn(GET, SHOP_1), other.turn(GET, SHOP_1)) == (0.0, 0.0)


def test_the_board_is_looked_at_once_a_second_and_written_only_when_something_changes(clock: Clock) -> None:
    board = Board(clock)
    pace = Pace(clock, board)
    for _ in range(50):
        pace.turn(GET, "/x")
        pace.heard(budget(90))
    assert (board.looks, board.closings) == (1, 0)
    for _ in range(50):
        clock.now += 0.1
        pace.heard(budget(20, 40))
    assert board.closings == 1
    clock.now += 1
    pace.turn(GET, "/x")
    assert board.looks == 2
