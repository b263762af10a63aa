"""Where a vendor's specification is known to be wrong or to say too little. Each entry has its reason beside it."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

IMPRECISIONS: tuple[tuple[str, str, str], ...] = (
    (
        "jira-cloud",
        r"^PUT .*/assignee: request: accountId: None",
        "the description says that null takes the assignee away; the schema wants a string",
    ),
    (
        "jira-data-center",
        r"^PUT .*/assignee: request: name: None",
        "the description says that null takes the assignee away; the schema wants a string",
    ),
    (
        "jira-data-center",
        r": (issues/\[\]/)?(fields|renderedFields)/\w+: .* is not of type 'object'",
        "every field is called an object; the specification's own examples hold words, numbers and lists",
    ),
    (
        "jira-data-center",
        r": request: update/\w+/\[\]: ",
        "an operation on a field is described by the names of its class, not by those that its own examples send",
    ),
    (
        "jira-data-center",
        r"properties/\[\]/value: .* is not of type 'string'",
        "a property's value is any JSON; the schema calls it a string",
    ),
    (
        "jira-data-center",
        r"^GET .*/(transitions|comment|user): query: expand is not known",
        "the descriptions, or older versions' documentation, speak of it; the lists of parameters lack it",
    ),
    (
        "jira-data-center",
        r"^GET .*/group/member: query: groupname is not known",
        "it is listed as a part of a path that has no such part",
    ),
    (
        "jira-data-center",
        r"^GET .*/properties/\{propertyKey\}: answer 200: value: .* is not of type 'string'",
        "a property's value is any JSON; the schema calls it a string",
    ),
    (
        "jira-data-center",
        r"answer 200: (issues/\[\])?: .*\('expand' was unexpected\)",
        "in the examples of older versions' documentation; the schemas lack it",
    ),
    (
        "jira-data-center",
        r"^GET .*/issue/\{issueIdOrKey\}: answer 200: properties: ",
        "described by the names of its class; what is answered is key and value",
    ),
    (
        "jira-data-center",
        r"^GET .*/mypermissions: answer 200: permissions/\w+: .*\('havePermission' was unexpected\)",
        "in the examples of older versions' documentation; the schema lacks it",
    ),
    (
        "jira-data-center",
        r"^GET .*/(myself|user): answer 200: (groups|applicationRoles): .*\('items' was unexpected\)",
        "the schema of a list in its wrapper has no place for what is in the list",
    ),
    (
        "jira-data-center",
        r"^GET .*/role/\{id\}: answer 200: actors/\[\]: ",
        "an actor in the examples of older versions' documentation has more than the schema",
    ),
    (
        "jira-data-center",
        r"^GET .*/project(/\{projectIdOrKey\})?: answer 200: : ",
        "a project in the examples of older versions' documentation has more than the schema",
    ),
    (
        "jira-cloud",
        r"^POST .*/comment: request: : .*\('parentId' was unexpected\)",
        "replies in threads are newer than this edition of the specification, whose schema leaves room for more",
    ),
    (
        "azure-devops",
        r"^DELETE /_apis/hooks/subscriptions/\{subscriptionId\}: answer: status 204",
        "described as 200; the example shows 204",
    ),
    (
        "azure-devops",
        r"^POST .*/classificationnodes/.*: answer: status 201",
        "described as 200; the examples show 201 for what is new",
    ),
)
"""(product, expression that a complaint matches, why it is no fault of ours)."""

AMENDED: dict[str, Any] = {
    # Azure DevOps calls a JSON Patch document an object; its own examples are lists, as RFC 6902 has it.
    "JsonPatchDocument": {"type": "array", "items": {"$ref": "#/definitions/JsonPatchOperation"}},
    # Its links are described as a property "links" that holds them; its own examples hold them directly.
    "ReferenceLinks": {"type": "object"},
}
"""Definitions put right: Azure DevOps."""


@cache
def _compiled() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((flavour, re.compile(expression)) for flavour, expression, _ in IMPRECISIONS)


def imprecision(flavour: str, complaint: str) -> bool:
    """Whether a complaint is on the list."""
    return any(flavour == product and pattern.search(complaint) for product, pattern in _compiled())
