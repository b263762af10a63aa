"""What a Cloud site tells anybody of itself: its id, which addresses for tokens with scopes are made of."""

from __future__ import annotations

import json
import re

import requests

from integrations.jira.answers import COMMON
from integrations.transport import PLAIN, Forbidden, Transport, equip

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def common_address(site: str, transport: Transport = PLAIN, timeout: tuple[float, float] = (3.05, 10.0)) -> str | None:
    """The address of a site (https://you.atlassian.net) for tokens with scopes; None where it does not tell."""
    with requests.Session() as session:
        equip(session, transport)
        try:
            answer = session.get(f"{site.rstrip('/')}/_edge/tenant_info", timeout=timeout, allow_redirects=False)
            told = json.loads(answer.text[:10_000])
        except (requests.RequestException, Forbidden, ValueError, RecursionError):
            return None
    found = str(told.get("cloudId") or "").lower() if isinstance(told, dict) and answer.status_code == 200 else ""
    return f"{COMMON}{found}" if _ID.fullmatch(found) else None
