"""An Azure DevOps organisation on a port of this machine, and ways to ask it."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from integrations.sandbox.site import Mounted, Site, serve
from integrations.sandbox.state import Tracker

PATCH = "application/json-patch+json"


@dataclass
class Organisation:
    """A served organisation. `ask` sends one request; a `patch` is a JSON Patch document."""

    mounted: Mounted
    session: requests.Session

    @property
    def tracker(self) -> Tracker:
        return self.mounted.tracker

    @property
    def wire(self) -> Any:
        return self.mounted.vendor

    @property
    def url(self) -> str:
        return self.mounted.url

    def ask(self, method: str, path: str, user: str = "dana", **more: Any) -> requests.Response:
        version = more.pop("version", "7.2-preview.4" if "/comments" in path else "7.1")
        headers = more.pop("headers", {})
        if "patch" in more:
            headers, more["data"] = {"Content-Type": PATCH, **headers}, json.dumps(more.pop("patch"))
        params = {**more.pop("params", {}), **({"api-version": version} if version else {})}
        more.setdefault("auth", ("", f"token-{user}"))
        more.setdefault("allow_redirects", False)
        return self.session.request(method, f"{self.url}{path}", params=params, headers=headers, timeout=10, **more)

    def item(self, user: str = "dana", kind: str = "User Story", **fields: Any) -> int:
        """Creates an item; keyword names are reference names with underscores for dots after System."""
        document = [{"op": "add", "path": f"/fields/System.{name}", "value": value} for name, value in fields.items()]
        answer = self.ask("POST", f"/Shop/_apis/wit/workitems/${kind}", user, patch=document)
        assert answer.status_code == 200, answer.text
        return int(answer.json()["id"])

    def rev(self, item: int) -> int:
        return int(self.ask("GET", f"/_apis/wit/workitems/{item}").json()["rev"])


@pytest.fixture
def organisation() -> Iterator[Organisation]:
    site = Site([Tracker("ado", "azure-devops")], time_scale=0.001)
    with serve(site), requests.Session() as session:
        session.trust_env = False
        yield Organisation(site["ado"], session)
    site.close()


@pytest.fixture
def clients(organisation: Organisation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """user -> the real package's clients."""
    monkeypatch.setenv("AZURE_DEVOPS_CACHE_DIR", os.environ.get("AZURE_DEVOPS_CACHE_DIR", str(tmp_path)))
    from azure.devops.client import Client
    from azure.devops.connection import Connection
    from msrest.authentication import BasicAuthentication

    monkeypatch.setattr("azure.devops.client.OPTIONS_FILE_CACHE", _Forgetful())
    monkeypatch.setattr("azure.devops.connection.RESOURCE_FILE_CACHE", _Forgetful())
    monkeypatch.setattr(Client, "_locations_cache", {})

    def clients_of(user: str = "dana") -> Any:
        return Connection(organisation.url, BasicAuthentication("", f"token-{user}")).clients_v7_1

    return clients_of


class _Forgetful(dict[str, Any]):
    """Stands where the package keeps the answers of earlier servers on disk."""

    def __getitem__(self, key: str) -> None:
        return None
