"""Every request that the bot sends on a whole journey, held against the vendor's own specification."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import pytest
import requests

from integrations.blocks import Paragraph, Text
from integrations.sandbox.records import Term
from rules.changes import (
    AddChildren,
    AddCriteria,
    AddLabel,
    AddSection,
    AddSubtasks,
    Change,
    CloseDuplicate,
    Criterion,
    LinkDuplicate,
    RewriteDescription,
    SetField,
    SetPriority,
)
from rules.model import Person
from tests.integrations.jira.deeds import apply, undo

SPECS = Path(__file__).parents[3].parent / "shared" / "specs"
HELLO = (Paragraph((Text("Hello"),)),)

# What the vendor takes but its specification does not name.
# Data Center's specification calls every field an object and a property's value a string; its own examples do not.
IMPRECISE = re.compile(r"\$\.(?:fields\.|update\.|properties\[[0-9]+\]\.value)")
UNNAMED_PATHS = {"user/groups"}
UNNAMED_PARAMETERS = {
    ("issue/{issueIdOrKey}/comment", "expand"),
    ("issue/{issueIdOrKey}/transitions", "expand"),
    ("user", "expand"),
    ("group/member", "groupname"),
}
# Both descriptions say that null takes the assignee away; both schemas want a string.
NULL_ASSIGNEE = ("issue/{issueIdOrKey}/assignee", None)


def journey(world: Any) -> None:
    jira = world.jira
    key, old = world.file("A", world.text("words"), priority="Medium"), world.file("Old")
    dana = Person(world.tracker.user("dana").id, "Dana")
    jira.reader.fetch(key)
    jira.reader.vocabulary("SHOP")
    jira.reader.moved("SHOP", datetime.now(UTC) - timedelta(minutes=5), None, "labels = x")
    jira.reader.is_within(key, "labels = x")
    world.tracker.add_term(Term("component", 0, "Cart"))
    jira.people.may_edit(dana, key)
    jira.people.in_group(dana, "Developers", "SHOP")
    jira.people.in_group(dana, "shop-deciders", "SHOP")
    comment = jira.commenter.post(key, HELLO, "m", only_for="role:Administrators")
    jira.commenter.edit(key, comment, HELLO, "m", only_for="role:Administrators")
    jira.commenter.post(key, HELLO, "m2", reply_to=comment)
    jira.commenter.find(key, "m")
    jira.drafter.create(old, "Draft", HELLO, "d")
    changes: list[Change] = [
        AddCriteria((Criterion("given"),)),
        SetPriority("Medium", "High"),
        AddLabel("x"),
        LinkDuplicate(old, "Old"),
        AddSubtasks(("one",)),
        AddSection("Scope", ("words",), ("one",)),
        RewriteDescription("other words"),
        SetField("summary", "A", "B"),
        SetField("component", None, "Cart"),
        SetField("estimate", None, "3"),
        SetField("assignee", None, "Dana Duarte", dana.id),
        SetField("status", "To Do", "In Progress"),
        CloseDuplicate(old, "Old"),
        *([AddChildren("Story", ("one",))] if world.cloud else []),
    ]
    for change in changes:
        # Each on an issue of its own: so many writes to one within seconds are spaced.
        key = world.file("A", world.text("words"), priority="Medium")
        undo(world, apply(world, key, change))


def test_every_request_is_in_the_specification(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    name, root = ("jira-cloud/openapi-v3", "/rest/api/3/") if world.cloud else ("jira-dc/openapi-10.3", "/api/2/")
    path = SPECS / f"{name}.json.gz"
    if not path.exists():
        pytest.skip("no shared data")
    spec = json.loads(gzip.decompress(path.read_bytes()))
    sent: list[requests.PreparedRequest] = []
    send = requests.Session.send

    def noting(self: requests.Session, request: requests.PreparedRequest, **more: Any) -> requests.Response:
        sent.append(request)
        return send(self, request, **more)

    monkeypatch.setattr(requests.Session, "send", noting)
    journey(world)
    assert len({request.method for request in sent}) == 4
    problems = {problem for request in sent for problem in problems_of(request, spec, root)}
    assert not problems


def problems_of(request: requests.PreparedRequest, spec: Mapping[str, Any], root: str) -> list[str]:
    address = urlsplit(str(request.url))
    asked = re.sub(r"^.*/rest/api/[23]/", "", address.path)
    template = next((known for known in sorted(spec["paths"]) if fits(known.removeprefix(root), asked)), None)
    method = str(request.method).lower()
    if asked in UNNAMED_PATHS:
        return []
    if template is None or method not in spec["paths"][template]:
        return [f"{method} {asked} is not there"]
    operation, short = spec["paths"][template][method], template.removeprefix(root)
    known = {parameter["name"]: parameter for parameter in operation.get("parameters", ())}
    given = {name for name, _ in parse_qsl(address.query, keep_blank_values=True)}
    unknown = {name for name in given - known.keys() if (short, name) not in UNNAMED_PARAMETERS}
    problems = [f"{method} {short}: unknown parameter {name}" for name in unknown]
    for name, parameter in known.items():
        if parameter.get("required") and parameter.get("in") == "query" and name not in given:
            problems.append(f"{method} {short}: {name} is needed")
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if request.body and content.get("schema"):
        schema = {**content["schema"], "components": spec["components"]}
        for error in jsonschema.Draft202012Validator(schema).iter_errors(json.loads(request.body)):
            if (short, error.instance) == NULL_ASSIGNEE:
                continue
            if root == "/api/2/" and IMPRECISE.match(error.json_path):
                continue
            problems.append(f"{method} {short}: {error.json_path} {error.message[:120]}")
    return problems


def fits(template: str, asked: str) -> bool:
    return re.fullmatch(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template)), asked) is not None
