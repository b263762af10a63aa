"""Types of columns that mean the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase

_SURROGATE = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    """The text without what a database cannot hold: NUL is dropped, half a surrogate pair becomes U+FFFD.

    PostgreSQL refuses NUL and no database can encode a lone surrogate, but a tracker's JSON may hold both.
    """
    return _SURROGATE.sub("\ufffd", text.replace("\x00", ""))


class Text(sa.types.TypeDecorator[str]):
    """Text of any length; see `storable`. What is compared with a column is made storable too, so it is found."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An aware time, kept as UTC; naive values are refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def dump_json(value: Any) -> str:
    """JSON that both databases take: ASCII with escapes, so that any text survives, and null for what is no number."""
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


class Base(DeclarativeBase):
    """All tables of the store."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads this attribute by name
        str: Text,
        datetime: UtcDateTime,
        dict[str, Any]: sa.JSON,
        list[str]: sa.JSON,
    }
