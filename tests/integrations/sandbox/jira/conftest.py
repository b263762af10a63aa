"""The real client, and plain requests, as any of the sandbox's people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from jira import JIRA

from integrations.sandbox.site import Served

Connect = Callable[..., JIRA]


@pytest.fixture
def connect(served: Served) -> Connect:
    """connect("cloud", "dana", "3") -> a client of that REST version."""

    def connected(name: str, login: str = "dana", version: str = "2") -> JIRA:
        how: dict[str, Any] = {"basic_auth": (f"{login}@corner-shop.example", f"token-{login}")}
        if name == "dc":
            how = {"token_auth": f"token-{login}"}
        options = {"rest_api_version": version}
        return JIRA(server=f"{served.url}/{name}", max_retries=0, timeout=(3.05, 20), options=options, **how)

    return connected


@pytest.fixture
def ask(served: Served) -> Callable[..., requests.Response]:
    """ask("GET", "cloud", "/rest/api/3/myself", "dana", json=...) -> the answer."""

    def asked(method: str, name: str, path: str, login: str = "dana", **rest: Any) -> requests.Response:
        auth = (f"{login}@corner-shop.example", f"token-{login}")
        return requests.request(method, f"{served.url}/{name}{path}", auth=auth, timeout=10, **rest)

    return asked
