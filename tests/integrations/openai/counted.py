"""A budget of tokens for writers under test, in memory."""

from __future__ import annotations

from integrations.writer import Reason, WriterError


class CountedBudget:
    """So many tokens for ever; `spent` are spent or reserved. See integrations.writer.Budget."""

    def __init__(self, limit: int) -> None:
        self._limit, self.spent = limit, 0
        self._open: dict[str, int] = {}

    def reserve(self, tokens: int) -> str:
        if self.spent + tokens > self._limit:
            raise WriterError(Reason.OVER_BUDGET, f"the {self._limit} tokens are spent or reserved")
        self.spent += tokens
        reservation = f"{len(self._open)}"
        self._open[reservation] = tokens
        return reservation

    def settle(self, reservation: str, tokens: int) -> None:
        self.spent += tokens - self._open[reservation]
        self._open[reservation] = tokens
