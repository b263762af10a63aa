"""What a site tells anybody of itself: of what kind it is, and a Cloud site its id, which addresses are made of."""

from __future__ import annotations

import json
import re
from typing import Any

import requests

from integrations.jira.answers import COMMON
from integrations.transport import PLAIN, Forbidden, Transport, equip

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def deployment(site: str, transport: Transport = PLAIN, timeout: tuple[float, float] = (3.05, 10.0)) -> str | None:
    """ "Cloud", or "Server" (Data Center is one, too), as Jira tells anybody; None where no Jira answers."""
    told = _told(f"{site.rstrip('/')}/rest/api/2/serverInfo", transport, timeout)
    kind = told.get("deploymentType")
    return kind if kind in ("Cloud", "Server") else "Server" if told.get("versionNumbers") else None


def common_address(site: str, transport: Transport = PLAIN, timeout: tuple[float, float] = (3.05, 10.0)) -> str | None:
    """The address of a site (https://you.atlassian.net) for tokens with scopes; None where it does not tell."""
    found = str(_told(f"{site.rstrip('/')}/_edge/tenant_info", transport, timeout).get("cloudId") or "").lower()
    return f"{COMMON}{found}" if _ID.fullmatch(found) else None


def _told(address: str, transport: Transport, timeout: tuple[float, float]) -> dict[str, Any]:
    """The JSON object that is there for anybody; an empty one where there is none."""
    with requests.Session() as session:
        equip(session, transport)
        try:
            answer = session.get(address, timeout=timeout, allow_redirects=False)
            told = json.loads(answer.text[:10_000])
        except (requests.RequestException, Forbidden, ValueError, RecursionError):
            return {}
    return told if isinstance(told, dict) and answer.status_code == 200 else {}
