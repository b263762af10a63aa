"""Points in time, as people of the language write them."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from babel.dates import format_skeleton

from languages.catalogues import ENGLISH
from languages.saying import language


def moment(at: datetime, zone: tzinfo) -> str:
    """Day, hour and zone: "21 Nov, 14:02 CET", "21. Nov., 14:02 CET". A naive time is taken as UTC."""
    local = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(zone)
    name = local.tzname() or ""
    name = f"UTC{name}" if name[:1] in {"+", "-"} else name
    spoken = language()
    day = format_skeleton("MMMd", local, locale="en_GB" if spoken == ENGLISH else spoken)
    return f"{day}, {local:%H:%M} {name}".rstrip()
