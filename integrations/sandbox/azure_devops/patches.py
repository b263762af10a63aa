"""JSON Patch documents as Azure DevOps takes them for work items: read, checked, and made as one revision."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from integrations.sandbox.azure_devops.answers import (
    WireError,
    bad_request,
    combined_name,
    domain_name,
    subject_descriptor,
    without_script,
    work_item_error,
)
from integrations.sandbox.azure_devops.items import Shapes
from integrations.sandbox.azure_devops.patch_relations import Patch, RelationReader
from integrations.sandbox.azure_devops.processes import AGILE, Process, empty_error, rule_error
from integrations.sandbox.azure_devops.resources.areas import area_paths
from integrations.sandbox.azure_devops.vocabulary import (
    BY_NAME,
    COLUMNS,
    LONG_TEXT,
    READ_ONLY,
)
from integrations.sandbox.records import Item, User
from integrations.sandbox.state import Tracker
from integrations.sandbox.wiql import Field

LONGEST_TEXT = 1_000_000
LONGEST_STRING = 255
MOST_TAGS = 100


def _operations(document: Any) -> list[Mapping[str, Any]]:
    if not isinstance(document, list) or not document:
        raise bad_request("You must pass a valid patch document in the body of the request.")
    for operation in document:
        known = isinstance(operation, dict) and isinstance(operation.get("path"), str)
        if not known or str(operation.get("op")).casefold() not in ("add", "replace", "remove", "test"):
            raise bad_request("You must pass a valid patch document in the body of the request.")
    return document


class Reader:
    """Reads one document against the item it is for; `item` is None for a new one, which `project` is to hold."""

    def __init__(
        self, tracker: Tracker, shapes: Shapes, item: Item | None, process: Process = AGILE, project: str = ""
    ) -> None:
        self.process = process
        self.project = item.project if item is not None else project
        self.tracker = tracker
        self.shapes = shapes
        self.item = item
        self.patch = Patch()
        self.ends = RelationReader(tracker, shapes, item, self.patch)

    def read(self, document: Any) -> Patch:
        """Raises WireError for what the product refuses; a failed test is a 412."""
        operations = _operations(document)
        for operation in operations:
            op, path = str(operation["op"]).casefold(), operation["path"]
            value = operation.get("value")
            parts = path.strip("/").split("/", 1)
            match [parts[0].casefold(), *parts[1:]], op:
                case [["rev"], "test"] | [["id"], "test"]:
                    self._test(path, getattr(self.item, parts[0].casefold(), 0), value)
                case [["fields", name], "test"]:
                    actual = self.shapes.fields(self.item, everything=True) if self.item else {}
                    self._test(path, actual.get(_field(name).reference_name), value)
                case [["fields", name], _]:
                    self._set(_field(name), op, value)
                case [["relations", place], _]:
                    self.ends.relate(place, op, value)
                case [["multilinefieldsformat", name], "add" | "replace"]:
                    self._format(_field(name), value)
                case [["id"] | ["rev"], "add" | "replace"]:
                    continue
                case _:
                    raise bad_request(f"Unable to evaluate path {path}.")
        self._settle_formats()
        if "status" in self.patch.values and self.item is not None:
            self.patch.values.setdefault("System.Reason", None)  # the process says why, unless the writer does
        return self.patch

    @staticmethod
    def _test(path: str, actual: Any, value: Any) -> None:
        if isinstance(actual, int) and isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value[:12])
        if actual != value or isinstance(value, bool) != isinstance(actual, bool):
            key = "TestPatchOperationFailedException"
            message = (
                f"VS403351: Test Operation for path {path} failed, value {actual} was not equal to test value {value}."
            )
            assembly = "Microsoft.VisualStudio.Services.WebApi"
            raise WireError(412, message, key, f"{assembly}.Patch.{key}, {assembly}")

    # fields

    def _set(self, target: Field, op: str, value: Any) -> None:
        name = target.reference_name
        if name in READ_ONLY:
            raise rule_error(f"TF401326: Invalid field status 'ReadOnly' for field '{name}'.")
        if name == "System.History":
            self.patch.comment = None if value in (None, "") else str(value)
        elif name == "System.Tags":
            self._tag(op, value)
        elif name == "System.AssignedTo":
            self.patch.values["assignee"] = None if op == "remove" else self._identity(target, value)
        else:
            worth = None if op == "remove" or value == "" else _typed(target, value)
            self._check(target, worth)
            self.patch.values[COLUMNS.get(name, name)] = worth

    def _check(self, target: Field, value: Any) -> None:
        name = target.reference_name
        if name == "System.Title" and not str(value or "").strip():
            raise empty_error(self.process, [target])
        allowed = {
            "System.State": self.process.statuses(self.tracker),
            "Microsoft.VSTS.Common.Priority": self.tracker.terms("priority"),
        }.get(name)
        if allowed and value is not None and str(value) not in {term.name for term in allowed}:
            raise rule_error(
                f"The field '{target.name}' contains the value '{value}' that is not in the list of supported values"
            )
        if target.type == "treePath" and value is not None:
            top = str(value).partition("\\")[0].casefold()
            home = self.shapes.projects.get(self.project)
            number = self.item.id if self.item is not None else -1
            known = None if home is None or name != "System.AreaPath" else area_paths(self.tracker, home)
            if home is not None and (
                top != home.name.casefold() or (known is not None and str(value).casefold() not in known)
            ):
                raise rule_error(
                    f"TF401347: Invalid tree name given for work item {number}, field '{target.reference_name}'."
                )

    def _tag(self, op: str, value: Any) -> None:
        sent = [tag.strip() for tag in re.split("[;,]", str(value or "")) if tag.strip()]
        if any(len(tag) > 400 for tag in sent):
            raise rule_error("TF401324: The tag is longer than 400 characters.")
        kept = list(self.item.labels) if self.item is not None and op == "add" else []
        for tag in [] if op == "remove" else sent:
            if tag.casefold() not in {known.casefold() for known in kept}:
                kept.append(tag)
        if len(kept) > MOST_TAGS:
            raise rule_error(f"VS402619: A work item cannot have more than {MOST_TAGS} tags.")
        self.patch.values["labels"] = tuple(kept)

    def _identity(self, target: Field, value: Any) -> str | None:
        if value in (None, ""):
            return None
        given = value if isinstance(value, Mapping) else {"uniqueName": value}
        wanted = {str(given.get(key)).casefold() for key in ("uniqueName", "id", "descriptor", "displayName")}
        for user in self.tracker.users():
            if user.active and wanted & _spellings(user):
                return user.name
        raise rule_error(
            f"The identity value '{given.get('uniqueName')}' for field '{target.name}' is an unknown identity."
        )

    # formats

    def _format(self, target: Field, value: Any) -> None:
        name, wanted = target.reference_name, str(value).casefold()
        if name not in LONG_TEXT or wanted not in ("markdown", "html"):
            raise bad_request(f"Unable to evaluate path /multilineFieldsFormat/{name}.")
        if name == "System.History":
            self.patch.comment_format = wanted
            return
        if wanted == "html" and self.item is not None and self.item.formats.get(name, "").casefold() == "markdown":
            raise rule_error(f"The format of field '{target.name}' cannot be changed from Markdown to HTML.")
        self.patch.formats[name] = wanted

    def _settle_formats(self) -> None:
        """Text that is not Markdown loses its scripts; a change of format must bring its text along."""
        before = {} if self.item is None else self.item.formats
        for name in LONG_TEXT:
            column = COLUMNS.get(name, name)
            format_now = (self.patch.formats.get(name) or before.get(name) or "html").casefold()
            text = self.patch.values.get(column)
            if (
                name in self.patch.formats
                and column not in self.patch.values
                and format_now != before.get(name, "html")
            ):
                raise rule_error(f"The format of field '{BY_NAME[name.casefold()].name}' changed without a value.")
            if isinstance(text, str) and format_now == "html":
                self.patch.values[column] = without_script(text)
            if self.patch.formats.get(name) == "html" and name not in before:
                del self.patch.formats[name]
        if self.patch.comment is not None and self.patch.comment_format == "html":
            self.patch.comment = without_script(self.patch.comment)


def _field(name: str) -> Field:
    found = BY_NAME.get(name.casefold())
    if found is None:
        message = f"TF51535: Cannot find field {name}."
        raise work_item_error(400, message, "WorkItemTrackingFieldDefinitionNotFoundException")
    return found


def _typed(target: Field, value: Any) -> Any:
    if target.type in ("integer", "double") and value is not None:
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise rule_error(f"TF401320: Rule Error for field {target.name}. Error code: InvalidType.") from None
        if target.reference_name == "Microsoft.VSTS.Common.Priority":
            return str(int(number)) if number.is_integer() else str(number)
        return int(number) if target.type == "integer" else number
    if value is None:
        return None
    text = str(value)
    limit = LONGEST_TEXT if target.reference_name in LONG_TEXT else LONGEST_STRING
    if len(text) > limit and target.type != "treePath":
        raise rule_error(f"TF401320: Rule Error for field {target.name}. Error code: InvalidTooLong.")
    return text


def _spellings(user: User) -> set[str]:
    names = (user.mail, user.id, user.display_name, combined_name(user), subject_descriptor(user), domain_name(user))
    return {name.casefold() for name in names}


def perform(tracker: Tracker, user: User, item: Item, patch: Patch, *, notify: bool = True) -> Item:
    """Makes a patch against an item, all or nothing, and returns the item as it is then."""
    with tracker.transaction():
        for child in patch.adopt:
            tracker.change_item(user, child, {"parent": item.id}, notify=notify)
        for child in patch.release:
            tracker.change_item(user, child, {"parent": None}, notify=notify)
        return tracker.change_item(
            user,
            item.id,
            patch.values,
            formats=patch.formats,
            comment=patch.comment,
            comment_format=patch.comment_format,
            add_links=patch.add_links,
            remove_links=patch.remove_links,
            notify=notify,
        )
