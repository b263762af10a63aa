"""One change of one item under a test of its revision, made once however often it is tried.

Where the test fails the item is read again: if what is to be changed is still as it was, the write is tried again,
otherwise a person was faster and the write is given up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from integrations.azure_devops import parts
from integrations.azure_devops.markup import link_comment
from integrations.azure_devops.reader import AzureDevOpsReader, number
from integrations.azure_devops.reading import reading
from integrations.tracker import Conflict, HistoryEntry, Plan, Receipt

if TYPE_CHECKING:  # importing it for real needs the package's cache directory to be named first
    from integrations.azure_devops.sdk import Session

Raw = Mapping[str, Any]
Attempt = Callable[[Raw], Receipt]

_TRIES = 5
_DUPLICATE_OF = f"{parts.DUPLICATE}Reverse"


class Edits:
    """Performs plans on fields, tags and links. `own_id` gives the identity of the bot's account."""

    def __init__(self, session: Session, reader: AzureDevOpsReader, own_id: Callable[[], str]) -> None:
        self._session = session
        self._reader = reader
        self._own_id = own_id
        self._duplicate_end: str | None = None

    def field(self, plan: Plan) -> Receipt:
        """Gives a field its new value. Values are {"name", "value", "format"}, see `value_of`."""

        def attempt(raw: Raw) -> Receipt:
            if is_value(raw, plan.after):
                return self._found(plan)
            if not is_value(raw, plan.before):
                raise Conflict(f"the {plan.field} was changed", plan.field, self.last_editor(plan.item, plan.field))
            written, revision = self._patch(raw, _operations(plan.after))
            details = {"before": plan.before, "after": plan.after}
            if plan.after["value"] is not None:  # as the product has stored it, which may differ from what was sent
                stored = parts.fields_of(written).get(plan.after["name"], plan.after["value"])
                details["after"] = {**plan.after, "value": stored}
            return Receipt(plan.item, plan.kind, plan.field, revision, details)

        return self._under_test(plan, attempt)

    def tag(self, plan: Plan) -> Receipt:
        """Puts a tag on ({"add": tag}) or takes it off ({"remove": tag}); `before` is the tags when planned."""
        wanted, unwanted = plan.after.get("add"), plan.after.get("remove")

        def attempt(raw: Raw) -> Receipt:
            present = parts.tags(parts.fields_of(raw))
            kept = [tag for tag in present if not unwanted or tag.casefold() != unwanted.casefold()]
            if wanted and not _is_in(wanted, present):
                kept.append(wanted)
            if len(kept) == len(present):
                ours = wanted if wanted and not _is_in(wanted, plan.before or ()) else None
                entry = self._own_entry(plan, lambda edit: edit.field == "labels") if ours else None
                revisions = (entry.id,) if entry else ()
                return Receipt(plan.item, plan.kind, plan.field, revisions, {"added": ours if entry else None})
            _, revision = self._patch(raw, [_tags_operation(kept, adds=bool(wanted))])
            return Receipt(plan.item, plan.kind, plan.field, revision, {"added": wanted})

        return self._under_test(plan, attempt)

    def link(self, plan: Plan) -> Receipt:
        """Links to the original ({"add": key}), or takes that link away ({"remove": key, "marker"}).

        `before` says whether the link was there when this was planned. The marker stands in the link's comment.
        """
        wanted = plan.after.get("add")
        target = number(str(wanted or plan.after.get("remove")))
        comment = link_comment(plan.marker if wanted else plan.after["marker"])
        end = self.duplicate_end()

        def attempt(raw: Raw) -> Receipt:
            at, said = find_relation(raw, end, target)
            if wanted and at is not None:
                ours = not plan.before and said in (comment, "")
                return self._linked(plan, (), wanted if ours else None)
            if not wanted and (at is None or said not in (comment, "")):
                return self._linked(plan, (), None)  # taken away already, or made anew by a person
            value = {"rel": end, "url": self._session.relation_url(target), "attributes": {"comment": comment}}
            operation: dict[str, Any] = {"op": "add", "path": "/relations/-", "value": value}
            if not wanted:
                operation = {"op": "remove", "path": f"/relations/{at}"}
            _, revision = self._patch(raw, [operation])
            return self._linked(plan, revision, wanted)

        return self._under_test(plan, attempt)

    def _linked(self, plan: Plan, revision: tuple[str, ...], added: str | None) -> Receipt:
        if added and not revision:
            entry = self._own_entry(plan, lambda edit: edit.field == "links" and edit.after == added)
            revision, added = ((entry.id,), added) if entry else ((), None)
        return Receipt(plan.item, plan.kind, plan.field, revision, {"added": added, "marker": plan.marker})

    def duplicate_end(self) -> str:
        """The end of the Duplicate link whose other item is the original, as the organisation tells it."""
        if self._duplicate_end is None:
            ends = sorted(
                str(one.get("referenceName"))
                for one in self._reader.relation_types()
                if str(one.get("referenceName", "")).startswith(parts.DUPLICATE)
                and (one.get("attributes") or {}).get("isForward") is False
            )
            self._duplicate_end = ends[0] if ends else _DUPLICATE_OF
        return self._duplicate_end

    def last_editor(self, key: str, field: str) -> str:
        """The name of who changed a field last; empty where the history does not tell."""
        for entry in reversed(self._reader.history(key)):
            if any(edit.field == field for edit in entry.edits):
                return entry.actor.name
        return ""

    def _found(self, plan: Plan) -> Receipt:
        """The receipt of a write that was made before, or by somebody who had the same wish (nothing to take back)."""
        after = parts.plain(plan.after["value"])
        entry = self._own_entry(
            plan, lambda edit: edit.field == plan.field and _reads_as(edit.after, after, plan.after)
        )
        details = {"before": plan.before if entry else plan.after, "after": plan.after}
        return Receipt(plan.item, plan.kind, plan.field, (entry.id,) if entry else (), details)

    def _own_entry(self, plan: Plan, is_it: Callable[[Any], bool]) -> HistoryEntry | None:
        """The latest history entry of a kind, if the bot's account made it."""
        for entry in reversed(self._reader.history(plan.item)):
            if any(is_it(edit) for edit in entry.edits):
                own = not entry.actor.id or entry.actor.id.lower() == self._own_id().lower()
                return entry if own else None
        return None

    def _patch(self, raw: Raw, operations: list[dict[str, Any]]) -> tuple[Raw, tuple[str, ...]]:
        written = self._session.patch(parts.number_of(raw), parts.revision_of(raw), operations)
        return written, (str(parts.revision_of(written)),)

    def _under_test(self, plan: Plan, attempt: Attempt) -> Receipt:
        for _ in range(_TRIES):
            try:
                return attempt(self._session.item(number(plan.item)))
            except Conflict as conflict:
                if conflict.field != "rev":
                    raise
        raise Conflict("the item does not come to rest", plan.field)


def value_of(raw: Raw, field: str) -> dict[str, Any]:
    """The native value of "description" or "priority": {"name", "value", "format"}, the name being the product's."""
    fields = parts.fields_of(raw)
    name = parts.PRIORITY if field == "priority" else parts.description_field(fields)
    return {"name": name, "value": fields.get(name), "format": parts.format_of(raw, name)}


def is_value(raw: Raw, wanted: Mapping[str, Any]) -> bool:
    """Whether a field has this value; an empty text and none are the same."""
    live = parts.fields_of(raw).get(wanted["name"])
    return (live or None) == (wanted["value"] or None)


def _reads_as(found: str, after: str, value: Mapping[str, Any]) -> bool:
    return found == after or reading(found, value["format"]) == reading(after, value["format"])


def _operations(after: Mapping[str, Any]) -> list[dict[str, Any]]:
    path = f"/fields/{after['name']}"
    if after["value"] is None:
        return [{"op": "remove", "path": path}]
    operations = [{"op": "add", "path": path, "value": after["value"]}]
    if after["format"] == "markdown":  # said again, so that a server that goes by the last edit keeps it
        operations.append({"op": "add", "path": f"/multilineFieldsFormat/{after['name']}", "value": "Markdown"})
    return operations


def _tags_operation(tags: list[str], *, adds: bool) -> dict[str, Any]:
    # "add" leaves in place the tags that the new value lacks, so taking one off needs "replace".
    path = f"/fields/{parts.TAGS}"
    if not tags:
        return {"op": "remove", "path": path}
    return {"op": "add" if adds else "replace", "path": path, "value": "; ".join(tags)}


def find_relation(raw: Raw, rel: str, target: int) -> tuple[int | None, str]:
    """(index of the relation to `target`, by which a PATCH removes it, and the comment on it)."""
    relations = raw.get("relations")
    for at, one in enumerate(relations if isinstance(relations, list) else ()):
        if parts.relations_of({"relations": [one]}) == [(rel, target)]:
            attributes = one.get("attributes")
            return at, parts.text(attributes, "comment") if isinstance(attributes, dict) else ""
    return None, ""


def _is_in(tag: str, tags: Any) -> bool:
    return tag.casefold() in (one.casefold() for one in tags)
