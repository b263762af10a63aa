"""What a tracker's answer says of its limits. Pure but for the clock it is given.

https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
https://developer.atlassian.com/cloud/jira/platform/build-an-app-that-respects-rate-limits/
https://confluence.atlassian.com/adminjiraserver/improving-instance-stability-with-rate-limiting-983794911.html
https://learn.microsoft.com/azure/devops/integrate/concepts/rate-limits
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

DEFAULT_WAIT = 30.0  # seconds, where a 429 names none
LONGEST_WAIT = 86_400.0
_OF_ONE_ITEM = "jira-per-issue-on-write"
_OF_ONE_ENDPOINT = "jira-burst-based"
_NEAR = 0.2  # Jira says "near" where less than this part is left
_EPOCH = 1e9  # a number above it is a time, one below it a number of seconds


@dataclass(frozen=True, slots=True)
class Told:
    """`wait`: nothing may be asked for so many seconds; None where nothing was said of it.

    `limit` and `left` are the budget in the tracker's own units, `share` the part of it that is left (0 to 1), `reset`
    the seconds until it is whole again; None where not told. `only_item`: the wait is for writes to this one item;
    `only_endpoint`: all of it is said of this one endpoint and method.
    """

    wait: float | None = None
    limit: float | None = None
    left: float | None = None
    share: float | None = None
    reset: float | None = None
    only_item: bool = False
    only_endpoint: bool = False


def told(status: int | None, headers: Mapping[str, str], now: datetime | None = None) -> Told:
    """What one answer says; `headers` without regard to case. `now` is for tests."""
    wait = wait_asked(headers, now)
    if wait is None and status == 429:
        wait = DEFAULT_WAIT
    limit, left = _number(headers.get("X-RateLimit-Limit")), _number(headers.get("X-RateLimit-Remaining"))
    share = min(left / limit, 1.0) if limit and left is not None else None
    if share is None and str(headers.get("X-RateLimit-NearLimit") or "").strip().lower() == "true":
        share = _NEAR
    reason = str(headers.get("RateLimit-Reason") or "").strip().lower()
    reset = _reset(headers, limit, left, now)
    return Told(wait, limit, left, share, reset, reason == _OF_ONE_ITEM, reason == _OF_ONE_ENDPOINT)


def wait_asked(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds to wait by the Retry-After header, in either of its forms; None where it is absent or unreadable."""
    text = str(headers.get("Retry-After") or "").strip()[:60]
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        then = _date(text)
        if then is None:
            return None
        seconds = (then - _their_time(headers, now)).total_seconds()
    return _bounded(seconds)


def _reset(headers: Mapping[str, str], limit: float | None, left: float | None, now: datetime | None) -> float | None:
    text = str(headers.get("X-RateLimit-Reset") or "").strip()[:60]
    if text:
        number = _number(text)
        if number is not None:
            here = _their_time(headers, now).timestamp()
            return _bounded(number - here if number > _EPOCH else number)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return _bounded((moment - _their_time(headers, now)).total_seconds())
    # Data Center fills a bucket: so many tokens each so many seconds.
    fill, every = _number(headers.get("X-RateLimit-FillRate")), _number(headers.get("X-RateLimit-Interval-Seconds"))
    if fill and every is not None and limit is not None and left is not None:
        return _bounded(max(limit - left, 0.0) / fill * every)
    return None


def _their_time(headers: Mapping[str, str], now: datetime | None) -> datetime:
    """The answer's own Date, so that a wrong clock on either side does not matter."""
    return _date(str(headers.get("Date") or "")) or now or datetime.now(UTC)


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _bounded(seconds: float) -> float | None:
    return min(max(seconds, 0.0), LONGEST_WAIT) if math.isfinite(seconds) else None


def _number(text: object) -> float | None:
    try:
        number = float(str(text or "").strip()[:60])
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
