"""When to ask a model again, and after how long."""

from __future__ import annotations

from tenacity import RetryCallState
from tenacity.wait import wait_random_exponential

from integrations.openai.limits import Deadline
from integrations.writer import Reason, WriterError

GARBAGE = frozenset({Reason.TRUNCATED, Reason.EMPTY, Reason.HTML, Reason.NOT_JSON, Reason.WRONG_SCHEMA})
"""Answered, paid for and of no use: worth asking again, twice at most."""
AWAY = frozenset({Reason.RATE_LIMITED, Reason.UNREACHABLE})
"""Not answered: worth waiting for."""


class RetryPolicy:
    """One call's policy: waits are jittered, not before Retry-After, and never past the deadline."""

    def __init__(self, garbage_retries: int, away_retries: int, deadline: Deadline) -> None:
        self._garbage_retries = garbage_retries
        self._away_retries = away_retries
        self._deadline = deadline
        self._jitter = wait_random_exponential(multiplier=1, max=30)
        self._garbage = 0
        self._away = 0

    def again(self, state: RetryCallState) -> bool:
        """Whether the last attempt's failure is worth another one."""
        error = state.outcome.exception() if state.outcome else None
        if not isinstance(error, WriterError):
            return False
        self._garbage += error.reason in GARBAGE
        self._away += error.reason in AWAY
        return error.reason in GARBAGE | AWAY

    def stop(self, state: RetryCallState) -> bool:
        """Whether it has been enough."""
        if self._garbage > self._garbage_retries or self._away > self._away_retries:
            return True
        return state.upcoming_sleep >= self._deadline.left()

    def wait(self, state: RetryCallState) -> float:
        """Seconds to wait, drawn up to a bound that doubles (1, 2, ... 30), beyond what the server asked for."""
        error = state.outcome.exception() if state.outcome else None
        if not isinstance(error, WriterError) or error.reason in GARBAGE:
            return 0.0
        return (error.retry_after or 0.0) + self._jitter(state)
