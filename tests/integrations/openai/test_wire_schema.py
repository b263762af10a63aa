import json
from typing import Annotated, Any, Literal

import jsonschema
import pytest
from pydantic import BaseModel, ConfigDict, Field

from integrations.openai.wire_schema import bounded_schema, strict_schema
from prompts.replies import REPLIES


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: Annotated[str, Field(min_length=1, max_length=20, pattern="^[a-z]+$")]
    default: Annotated[int, Field(ge=0, le=9)] = 3


class Whole(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["a", "b"]
    note: Annotated[str, Field(max_length=50)] | None = None
    parts: Annotated[list[Part], Field(max_length=4)]


def keywords(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(keywords, node))
    if not isinstance(node, dict):
        return set()
    inner = {name: value for name, value in node.items() if name != "properties"}
    below = [*inner.values(), *node.get("properties", {}).values()]
    return set(inner).union(*map(keywords, below))


@pytest.mark.parametrize("reply", [Whole, *REPLIES.values()])
def test_both_schemas_are_schemas_and_take_what_the_model_takes(reply: type[BaseModel]) -> None:
    for schema in (strict_schema(reply), bounded_schema(reply)):
        jsonschema.Draft202012Validator.check_schema(schema)
        assert "$ref" not in json.dumps(schema)


def test_the_strict_schema_requires_everything_and_bounds_nothing() -> None:
    schema = strict_schema(Whole)
    assert keywords(schema) <= {"type", "properties", "required", "additionalProperties", "items", "anyOf", "enum"}
    assert schema["required"] == ["kind", "note", "parts"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["note"] == {"anyOf": [{"type": "string"}, {"type": "null"}]}
    part = schema["properties"]["parts"]["items"]
    assert part["required"] == ["title", "default"]
    assert part["properties"] == {"title": {"type": "string"}, "default": {"type": "integer"}}


def test_the_bounded_schema_keeps_every_bound() -> None:
    schema = bounded_schema(Whole)
    assert schema["properties"]["parts"]["maxItems"] == 4
    assert schema["properties"]["note"]["anyOf"][0] == {"type": "string", "maxLength": 50}
    assert schema["properties"]["parts"]["items"]["properties"]["title"]["maxLength"] == 20
    assert schema["required"] == ["kind", "note", "parts"]
