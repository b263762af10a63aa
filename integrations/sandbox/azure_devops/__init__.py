"""Azure DevOps Services as its clients see it: work items, comments, queries, people, rights and service hooks."""

from __future__ import annotations

from integrations.sandbox.azure_devops.hooks import Voice
from integrations.sandbox.azure_devops.resources import (
    comments,
    graph,
    organisation,
    process,
    queries,
    rights,
    subscriptions,
    trees,
    work_items,
)
from integrations.sandbox.azure_devops.wire import Mount, Wire

__all__ = ["Voice", "Wire", "create_voice", "create_wire"]


def create_wire(mount: Mount) -> Wire:
    """The WSGI application of the organisation; its paths begin with /_apis or /<project>/_apis."""
    families = (organisation, process, trees, graph, rights, work_items, comments, queries, subscriptions)
    return Wire(mount, [module.ROUTES for module in families])


def create_voice(mount: Mount) -> Voice:
    """What the organisation's service hooks say."""
    return Voice(mount)
