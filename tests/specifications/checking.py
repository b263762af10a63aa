"""Exchanges held against the operations that describe them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from tests.specifications.documents import Document, Operation
from tests.specifications.exchanges import Exchange, shape
from tests.specifications.imprecisions import imprecision
from tests.specifications.schemas import as_json, complaints
from tests.specifications.texts import Texts, untyped
from tests.specifications.undescribed import undescribed

JIRA = {"jira-cloud": "/rest/api/3/", "jira-data-center": "/rest/api/2/"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one exchange. `operation` is the specification's, or the agreed name of what no specification
    describes; `is_new` says that an exchange like it has not been held against the schemas before, `has_schema` that
    the specification has one for the answer."""

    operation: str
    is_described: bool = True
    is_new: bool = False
    has_schema: bool = False
    problems: tuple[str, ...] = ()
    left_out: str = ""


class Specifications:
    """The vendors' specifications in a folder; each is read when it is first needed. What was checked once is not
    checked again: exchanges whose bodies have the same shape are the same to a schema."""

    def __init__(self, folder: Path) -> None:
        wit, hooks = folder / "azure-devops" / "wit", folder / "azure-devops" / "hooks" / "7.1" / "serviceHooks.json"
        organisation = "/{organization}"
        cloud = Document(folder / "jira-cloud" / "openapi-v3.json.gz")
        data_center = Document(folder / "jira-dc" / "openapi-10.3.json.gz", prefix="/rest")
        items = {
            version: Document(wit / version / "workItemTracking.json.gz", mount=organisation)
            for version in ("7.1", "7.2")
        }
        self._documents: dict[str, Sequence[Document]] = {
            "jira-cloud": [cloud],
            "jira-data-center": [data_center],
            **{version: [one, Document(hooks, mount=organisation)] for version, one in items.items()},
        }
        self._adf = folder / "adf" / "schema.json"
        self._validators: dict[tuple[Operation, str], Any] = {}
        self._seen: set[Any] = set()

    def check(self, exchange: Exchange, *, request: bool = True) -> Finding:
        """Hold an exchange against the specification; the answer only, unless `request`."""
        try:
            return self._check(exchange, request)
        except RecursionError:
            return Finding("", left_out="a body nested too deeply to be walked")

    def _check(self, exchange: Exchange, request: bool) -> Finding:
        met = self.find(exchange.flavour, exchange.method, exchange.path, exchange.version)
        if met is None:
            return _not_described(exchange, request)
        operation, parts = met
        problems = list(_asked(operation, parts, exchange)) if request else []
        sent, answered = as_json(exchange.sent), as_json(exchange.answered)
        texts: list[Any] = []
        words = operation.schemas.enumerated
        like = (
            *(operation, request, exchange.status, exchange.sent_type, exchange.answered_type),
            shape(sent, words, texts) if request else None,
            shape(answered, words, texts),
        )
        is_new = like not in self._seen
        self._seen.add(like)
        if is_new:
            problems += self._sent(operation, exchange, sent) if request else ()
            problems += self._answered(operation, exchange, answered)
        if exchange.flavour == "jira-cloud":
            problems += [f"text: {said}" for said in self._texts.complaints(texts)]
        told = {f"{operation.name}: {problem}" for problem in problems}
        real = tuple(sorted(one for one in told if not imprecision(exchange.flavour, one)))
        has_schema = operation.answers.get(str(exchange.status)) is not None
        return Finding(operation.name, True, is_new, has_schema, real, _left_out(exchange))

    @cached_property
    def _texts(self) -> Texts:
        return Texts(self._adf)

    def find(
        self, flavour: str, method: str, path: str, version: str = "7.2"
    ) -> tuple[Operation, Mapping[str, str]] | None:
        """The operation that describes a request, with what stands for the names in its path."""
        if flavour == "azure-devops":
            documents = self._documents["7.2" if version == "7.2" else "7.1"]
        else:
            documents, root = self._documents[flavour], JIRA[flavour]
            path = path.replace("/rest/api/latest/", root, 1)
            if not path.startswith(root):
                return None
        return next((met for one in documents if (met := one.find(method, path))), None)

    def _sent(self, operation: Operation, exchange: Exchange, sent: Any) -> Iterator[str]:
        if not exchange.sent:
            if operation.needs_body:
                yield "request: a body is needed"
            return
        if exchange.sent_type not in operation.bodies:
            yield f"request: a body of type {exchange.sent_type!r}"
            return
        schema = operation.bodies[exchange.sent_type]
        if schema is None:
            return
        for where, said in complaints(self._validator(operation, schema, "request"), sent):
            yield f"request: {where}: {said}"
        if exchange.flavour == "jira-cloud":
            yield from (f"request: {where}: not a document of the editor" for where in untyped(sent))

    def _answered(self, operation: Operation, exchange: Exchange, answered: Any) -> Iterator[str]:
        status = str(exchange.status)
        if _left_out(exchange):
            return
        if status not in operation.answers and exchange.status < 400:
            yield f"answer: status {status}"
        if exchange.status == 204 and exchange.answered:
            yield "answer: 204 with a body"
        schema = operation.answers.get(status)
        if schema is None or not exchange.answered_type.endswith("json"):
            return
        for value in _values(schema, exchange, answered):
            for where, said in complaints(self._validator(operation, schema, status), value):
                yield f"answer {status}: {where}: {said}"
        if exchange.flavour == "jira-cloud" and exchange.status < 400:
            yield from (f"answer {status}: {where}: not a document of the editor" for where in untyped(answered))

    def _validator(self, operation: Operation, schema: Any, part: str) -> Any:
        key = (operation, part)
        if key not in self._validators:
            self._validators[key] = operation.schemas.validator(schema, asked=part == "request")
        return self._validators[key]


def _not_described(exchange: Exchange, request: bool) -> Finding:
    asked = f"{exchange.method} {exchange.path}"
    name = undescribed(exchange.flavour, asked, by_tests=not request)
    if name:
        return Finding(name, is_described=False)
    if not request and exchange.status >= 400:
        return Finding(asked, is_described=False, left_out="tests of the sandbox that ask for what is not there")
    problem = f"{exchange.flavour}: {asked}: no specification describes it, and it is not on the list of such"
    return Finding(asked, is_described=False, problems=(problem,))


def _left_out(exchange: Exchange) -> str:
    if exchange.answered and exchange.answered_type == "text/html" and exchange.status < 400:
        return "pages for signing in, in an answer's stead"
    return ""


def _values(schema: Any, exchange: Exchange, answered: Any) -> list[Any]:
    """What the schema is meant for: Azure DevOps describes its lists without their wrapper {"count": 2, "value": []},
    and Jira Data Center describes an element where it answers a list or a page {"values": [...]} of such."""
    is_list = schema.get("type") == "array"
    if exchange.flavour == "azure-devops" and is_list and isinstance(answered, dict):
        return [answered["value"] if set(answered) == {"count", "value"} else answered]
    if exchange.flavour == "jira-data-center" and not is_list:
        values = answered.get("values") if isinstance(answered, dict) and "isLast" in answered else answered
        return values if isinstance(values, list) else [answered]
    return [answered]


def _asked(operation: Operation, parts: Mapping[str, str], exchange: Exchange) -> Iterator[str]:
    """What is wrong with the names and values of a path and a query."""
    fold = str.casefold if exchange.flavour == "azure-devops" else str
    known = {fold(name): one for name, one in operation.query.items()}
    given = [(fold(name), value) for name, value in parse_qsl(exchange.query, keep_blank_values=True)]
    names = {name for name, _ in given}
    if "api-version=" in exchange.accept:
        names.add("api-version")
    for name, one in known.items():
        if one.get("required") and name not in names:
            yield f"query: {name} is needed"
    for name, value in given:
        if name not in known:
            yield f"query: {name} is not known"
        elif not _fits(known[name].get("schema", known[name]), value):
            yield f"query: {name}: {value!r}"
    for name, value in parts.items():
        one = operation.path.get(name, {})
        if not _fits(one.get("schema", one), value):
            yield f"path: {name}: {value!r}"


def _fits(schema: Mapping[str, Any], value: str) -> bool:
    """Whether a word in a path or a query can be meant by its schema."""
    kind = schema.get("type")
    if kind == "integer":
        return value.removeprefix("-").isdecimal()
    if kind == "boolean":
        return value in ("true", "false")
    if kind == "array":
        return all(_fits(schema.get("items", {}), one) for one in value.split(","))
    allowed = schema.get("enum")
    return allowed is None or value.casefold() in [one.casefold() for one in allowed]
