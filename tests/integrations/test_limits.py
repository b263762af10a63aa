"""What a tracker's answer says of its limits, header by header."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from requests.structures import CaseInsensitiveDict

from integrations.limits import Told, told, wait_asked

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
EPOCH = int(NOW.timestamp())


def of(status: int = 200, **headers: str) -> Told:
    return told(status, CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()}), NOW)


def test_an_answer_without_a_word_of_limits_says_nothing() -> None:
    assert of() == Told()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("12", 12.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("9999999999", 86_400.0),
        ("Sat, 21 Nov 2026 10:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 10:00:30 -0000", 30.0),
        ("Sat, 21 Nov 2026 09:00:00 GMT", 0.0),
        ("Wed, 99 Foo", None),
    ],
)
def test_a_wait_is_read_in_both_forms(header: str | None, seconds: float | None) -> None:
    assert wait_asked({} if header is None else {"Retry-After": header}, NOW) == seconds


def test_a_date_counts_from_the_answers_own_clock() -> None:
    said = {"Retry-After": "Sat, 21 Nov 2026 13:00:30 GMT", "Date": "Sat, 21 Nov 2026 13:00:00 GMT"}
    assert wait_asked(said, NOW) == 30.0


def test_a_429_that_names_no_wait_has_one() -> None:
    assert of(429).wait == 30.0
    assert of(429, Retry_After="soon").wait == 30.0
    assert of(503).wait is None


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (  # Jira Cloud
            {
                "X_RateLimit_Limit": "100",
                "X_RateLimit_Remaining": "25",
                "X_RateLimit_Reset": "2026-11-21T10:00:20Z",
                "RateLimit_Reason": "jira-burst-based",
            },
            Told(None, 100.0, 25.0, 0.25, 20.0, only_endpoint=True),
        ),
        ({"x_ratelimit_nearlimit": "true"}, Told(share=0.2)),
        ({"x_ratelimit_nearlimit": "false"}, Told()),
        (  # Data Center
            {
                "X_RateLimit_Limit": "50",
                "X_RateLimit_Remaining": "10",
                "X_RateLimit_FillRate": "5",
                "X_RateLimit_Interval_Seconds": "2",
            },
            Told(None, 50.0, 10.0, 0.2, 16.0),
        ),
        (  # Azure DevOps
            {
                "X_RateLimit_Resource": "TFS",
                "X_RateLimit_Delay": "1.234",
                "X_RateLimit_Limit": "200",
                "X_RateLimit_Remaining": "0",
                "X_RateLimit_Reset": str(EPOCH + 90),
                "Retry_After": "5",
            },
            Told(5.0, 200.0, 0.0, 0.0, 90.0),
        ),
        ({"X_RateLimit_Reset": "45"}, Told(reset=45.0)),
        ({"X_RateLimit_Reset": str(EPOCH - 5)}, Told(reset=0.0)),
        ({"X_RateLimit_Limit": "0", "X_RateLimit_Remaining": "0"}, Told(None, 0.0, 0.0)),
        ({"X_RateLimit_Limit": "10", "X_RateLimit_Remaining": "11"}, Told(None, 10.0, 11.0, 1.0)),
        ({"X_RateLimit_Limit": "many", "X_RateLimit_Remaining": "-1", "X_RateLimit_Reset": "later"}, Told()),
        (
            {"X_RateLimit_Limit": "nan", "X_RateLimit_Remaining": "inf", "X_RateLimit_Reset": "9" * 400},
            Told(reset=86_400.0),
        ),
    ],
)
def test_each_products_headers_are_understood(headers: dict[str, str], expected: Told) -> None:
    assert of(**headers) == expected


def test_a_wait_for_one_item_is_told_apart() -> None:
    assert of(429, RateLimit_Reason="jira-per-issue-on-write", Retry_After="3") == Told(3.0, only_item=True)
    assert of(429, RateLimit_Reason="jira-burst-based", Retry_After="3") == Told(3.0, only_endpoint=True)
    assert of(429, RateLimit_Reason="jira-quota-tenant-based", Retry_After="3") == Told(3.0)
