"""Times as people's trackers write them: 25/Jan/13 3:04 PM, 2013-01-25 15:04, 25.01.2013 15:04, 1/25/13.

An export writes them in the look and feel of the person who exported. Whether 01/02/13 is the first of February or the
second of January is decided once, over the whole file. (Libraries that parse dates decide it value by value.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from integrations.exports.records import Unread
from integrations.exports.words import plain

_MONTHS = {
    name: month
    for month, names in enumerate(
        (
            *("jan ene", "feb fev", "mar mrz", "apr avr abr", "may mai", "jun juin"),
            *("jul juil", "aug aou ago", "sep set", "oct okt out", "nov", "dec dez dic"),
        ),
        start=1,
    )
    for name in names.split()
}
"""The first letters of months in English, German, French, Spanish and Portuguese, without accents."""
_DATE = re.compile(
    r"(?P<a>\d{1,4})(?P<gap>[./ -]|\. | de )(?P<b>\d{1,2}|[a-z]{3,10}\.?)(?:[./ -]|\. | de )(?P<c>\d{4}|\d{1,2})(?!\d)"
)
_MONTH_FIRST = re.compile(r"(?P<b>[a-z]{3,10})\.? (?P<a>\d{1,2}),? (?P<c>\d{4})(?!\d)")
_TIME = re.compile(
    r"(?:,|t| a las| as| at| um)? ?(?P<hour>\d{1,2})[:.h](?P<minute>\d\d)(?:[:.](?P<second>\d\d)(?:[.,]\d{1,9})?)?"
    r"(?: uhr)? ?(?P<half>a\.? ?m\.?|p\.? ?m\.?|vorm\.|nachm\.)? ?(?P<zone>z|utc|gmt|[+-]\d\d:?\d\d)?"
)
_CLEARLY = 4
"""How many times rarer the slips of one reading must be for it to be the right one."""


@dataclass(frozen=True, slots=True)
class Written:
    """A time as it stands there. `is_open`: which of `first` and `second` is the day, the value does not say."""

    first: int
    second: int
    year: int
    hour: int = 0
    minute: int = 0
    second_of_minute: int = 0
    offset: timedelta = timedelta()
    is_open: bool = False
    dotted: bool = False

    def moment(self, *, day_first: bool) -> datetime | None:
        """The time, or None where there is no such day."""
        day, month = (self.first, self.second) if day_first or not self.is_open else (self.second, self.first)
        try:
            at = datetime(self.year, month, day, self.hour, self.minute, self.second_of_minute, tzinfo=UTC)
            return at - self.offset
        except (ValueError, OverflowError):
            return None


def written(text: str) -> Written | None:
    """What the text says, or None where it is no time in a form that is known."""
    line = plain(text[:80])
    found = _DATE.match(line) or _MONTH_FIRST.match(line)
    if found is None:
        return None
    clock = _TIME.fullmatch(line, found.end())
    if clock is None and line[found.end() :]:
        return None
    a, b, c = found["a"], found["b"], found["c"]
    named = _MONTHS.get(b[:4], _MONTHS.get(b[:3])) if not b.isdigit() else int(b)
    if named is None:
        return None
    day, month, year = (int(c), named, int(a)) if len(a) == 4 else (int(a), named, _full_year(c))
    is_open = b.isdigit() and len(a) != 4
    dotted = is_open and "." in found.groupdict().get("gap", "")
    hour, minute, second = (int(clock[part] or 0) for part in ("hour", "minute", "second")) if clock else (0, 0, 0)
    if clock and clock["half"]:
        hour = hour % 12 + (12 if clock["half"][0] in "pn" else 0)
    offset = _offset(clock["zone"] if clock else None)
    return Written(day, month, year, hour, minute, second, offset, is_open, dotted)


def _full_year(digits: str) -> int:
    """Two digits as POSIX reads them: 69 to 99 are of the last century."""
    year = int(digits)
    return year if len(digits) == 4 else year + (1900 if year >= 69 else 2000)


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone[0] not in "+-":
        return timedelta()
    sign = -1 if zone[0] == "-" else 1
    return sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))


class Order:
    """Which stands first, day or month: gathers what the rows of a file tell, then reads their times.

    A day over 12 proves it, and so does a dot between the numbers. Where nothing proves it, the reading counts under
    which items are changed after they are created, and created in the order of their numbers.
    """

    def __init__(self) -> None:
        self._proofs = {True: 0, False: 0}
        self._slips = {True: 0, False: 0}
        self._open = 0
        self._unknown = self._first_unknown = 0
        self._last: tuple[str, int, Written] | None = None

    def look(self, line: int, created: str, later: Sequence[str], project: str = "", number: int = 0) -> None:
        """One row: when the item was created, times that are not before that, and its number in its project."""
        times = [self._seen(line, text) for text in (created, *later) if text]
        began = times[0] if created and times else None
        if began is None or not began.is_open:
            return
        pairs = [(began, time) for time in times[1:] if time is not None]
        if self._last and self._last[0] == project and self._last[1] != number:
            pairs.append((self._last[2], began) if self._last[1] < number else (began, self._last[2]))
        self._last = (project, number, began)
        for day_first in (True, False):
            for earlier, after in pairs:
                start, end = earlier.moment(day_first=day_first), after.moment(day_first=day_first)
                self._slips[day_first] += bool(start and end and start > end)

    def _seen(self, line: int, text: str) -> Written | None:
        time = written(text)
        if time is None:
            self._unknown += 1
            self._first_unknown = self._first_unknown or line
        elif time.is_open:
            self._open += time.first != time.second
            self._proofs[True] += time.first > 12 or (time.dotted and time.second <= 12)
            self._proofs[False] += time.second > 12
        return time

    @property
    def day_first(self) -> bool | None:
        """None where the file does not say, or says both."""
        day, month = self._proofs[True], self._proofs[False]
        if not (day and month) and (day or month):
            return day > 0
        rarer = self._slips[True] < self._slips[False]
        clear = self._slips[rarer] * _CLEARLY < self._slips[not rarer]
        return rarer if clear and not (day and month) else None

    def moment(self, text: str) -> datetime | None:
        """The time that a cell tells, in UTC; None where it is empty, not understood or could be two days."""
        time = written(text) if text else None
        if time is None:
            return None
        order = self.day_first if time.is_open and time.first != time.second else True
        return None if order is None else time.moment(day_first=order)

    def doubts(self) -> Iterator[Unread]:
        """What of the file's times is left out, in sentences."""
        if self._open and self.day_first is None:
            yield Unread(
                "the times",
                "whether 01/02/26 is the 1st of February or the 2nd of January cannot be told from this file, so such "
                "times are left out; export again with dates like 2026-02-01 or 01/Feb/26",
            )
        if self._unknown:
            more = f" and {self._unknown - 1} more times" if self._unknown > 1 else ""
            yield Unread(f"line {self._first_unknown}{more}", "a time in a form that is not known; it is left out")
