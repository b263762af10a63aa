"""A sandbox organisation and connections to it, for tests that speak with a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integrations.azure_devops.client import AzureDevOpsConnection
from integrations.sandbox.site import Mounted, Site, serve
from integrations.sandbox.state import Tracker

Connect = Callable[..., AzureDevOpsConnection]


@pytest.fixture
def ado() -> Iterator[Mounted]:
    """The sandbox organisation, served on this machine."""
    site = Site([Tracker("ado", "azure-devops")], time_scale=0.01)
    with serve(site):
        yield site["ado"]
    site.close()


@pytest.fixture
def connect(ado: Mounted, tmp_path: Path) -> Connect:
    """Connections to the sandbox as somebody: `connect("dana")`; the bot is `steward`."""

    def connected(who: str = "steward", **options: object) -> AzureDevOpsConnection:
        return AzureDevOpsConnection(ado.url, f"token-{who}", "ado", cache_dir=tmp_path, **options)  # type: ignore[arg-type]  # keyword arguments of the constructor

    return connected


@pytest.fixture
def bot(connect: Connect) -> AzureDevOpsConnection:
    return connect()
