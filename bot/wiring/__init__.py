"""The only place that builds clients: settings in, desks, jobs and doors out."""

from bot.wiring.addresses import database_url, engine_url
from bot.wiring.clients import Client, connect, jira_kind, other_address
from bot.wiring.desks import Wired, wire
from bot.wiring.doors import door
from bot.wiring.kinds import gravedigger, jobs
from bot.wiring.targets import target, unreachable_because

__all__ = [
    "Client",
    "Wired",
    "connect",
    "database_url",
    "door",
    "engine_url",
    "gravedigger",
    "jira_kind",
    "jobs",
    "other_address",
    "target",
    "unreachable_because",
    "wire",
]
