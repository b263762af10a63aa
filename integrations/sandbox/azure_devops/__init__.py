"""Azure DevOps Services as its clients see it: work items, comments, queries, people, rights and service hooks."""

from __future__ import annotations

from integrations.sandbox.azure_devops import comments, hooks, organisation, people, queries, work_items
from integrations.sandbox.azure_devops.hooks import Voice
from integrations.sandbox.azure_devops.wire import Mount, Wire

__all__ = ["Voice", "Wire", "create_voice", "create_wire"]


def create_wire(mount: Mount) -> Wire:
    """The WSGI application of the organisation; its paths begin with /_apis or /<project>/_apis."""
    tables = (organisation, people, work_items, comments, queries, hooks)
    return Wire(mount, [module.ROUTES for module in tables])


def create_voice(mount: Mount) -> Voice:
    """What the organisation's service hooks say."""
    return Voice(mount)
