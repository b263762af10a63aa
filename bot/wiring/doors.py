"""The doors that webhooks come in by."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.settings import AnyConnection, Settings
from bot.web.intake import Intake
from bot.web.keeping import Keeper
from bot.wiring.desks import Wired
from integrations.tracker import WebhookSecret


def door(
    each: Wired, settings: Settings, now: Callable[[], datetime], keeper: Keeper, has_room: Callable[[], bool]
) -> Intake:
    """The webhook door of a connection."""
    desk = each.acceptance
    return Intake(
        connection=each.name,
        now=now,
        vendor=each.settings.vendor,
        webhook=each.client.webhook,
        secrets=lambda: _secrets(each.settings, now()),
        db=desk.db,
        projects=desk.projects,
        keeper=keeper,
        has_room=has_room,
        body_limit=settings.server.max_body_bytes,
    )


def _secrets(connection: AnyConnection, now: datetime) -> tuple[WebhookSecret, ...]:
    user, rule = getattr(connection, "webhook_user", ""), getattr(connection, "automation_secret", None)
    held = [connection.webhook_secret]
    until = connection.webhook_secret_old_until
    if until is None or now < until:
        held.append(connection.webhook_secret_old)
    known = [secret.get_secret_value() for secret in held if secret is not None]
    by_rule = rule.get_secret_value() if rule is not None else ""
    return tuple(WebhookSecret(secret, user, by_rule) for secret in known or [""] if secret or by_rule)
