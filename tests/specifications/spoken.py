"""Which described operations the sandbox speaks: with those, what a run has covered is compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from integrations.sandbox import azure_devops
from integrations.sandbox.jira import cloud, data_center
from tests.specifications.checking import Specifications


def spoken(specifications: Specifications) -> dict[str, frozenset[str]]:
    """The names of the operations, by product."""
    routes = {
        "jira-cloud": _of_flask(cloud._app()),
        "jira-data-center": _of_flask(data_center._app()),
        "azure-devops": _of_azure_devops(),
    }
    found: dict[str, set[str]] = {flavour: set() for flavour in routes}
    for flavour, asked in routes.items():
        for method, path in asked:
            met = specifications.find(flavour, method, path)
            if met:
                found[flavour].add(met[0].name)
    return {flavour: frozenset(names) for flavour, names in found.items()}


def _of_flask(app: Any) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules():
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            yield method, re.sub(r"<[^>]+>", "1", rule.rule)


def _of_azure_devops() -> Iterator[tuple[str, str]]:
    for method, segments, _ in azure_devops.create_wire(cast(Any, None))._routes:
        path = "/".join(segments).replace("**", "areas/1").replace("*", "1")
        if method == "POST":  # what is created is named by its type: workitems/$Bug
            path = re.sub("workitems/1$", "workitems/$1", path)
        yield from ((method, f"{project}/_apis/{path}") for project in ("", "/1"))
