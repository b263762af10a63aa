"""Pure: numbers as people write them."""

from __future__ import annotations

import math
import re

# "1,500" is one thing in English and another in German.
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,(?:\d{1,2}|\d{4,})")


def number_in(text: str) -> float | None:
    """A plain number, with a decimal point or comma; None for anything else."""
    told = text.strip()
    try:
        number = float(told.replace(",", ".") if _DECIMAL_COMMA.fullmatch(told) else told)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
