"""When a personal access token of Data Center ends, as far as Jira tells its owner."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from integrations.jira.session import JiraSession
from integrations.tracker import Invalid, Missing, Refused, Unintelligible


def token_end(session: JiraSession) -> datetime | None:
    """When the token that was used last ends, which is ours: it was used for this very question.

    None where Jira does not tell, or the token never ends. Raises Unreachable and Throttled.
    https://confluence.atlassian.com/enterprise/using-personal-access-tokens-1026032365.html
    """
    try:
        listed = session.get("/rest/pat/latest/tokens")
    except (Refused, Missing, Invalid, Unintelligible):
        return None
    own = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    if len(own) > 1:
        used = [(moment, one) for one in own if (moment := _moment(one.get("lastAccessed"))) is not None]
        own = [max(used, key=lambda pair: pair[0])[1]] if used else []
    return _moment(own[0].get("expiringAt")) if own else None


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
