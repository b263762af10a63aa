"""Fields with one value: summary, priority, area, estimate, assignee, state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from integrations.azure_devops import parts
from integrations.azure_devops.markup import Markup
from integrations.azure_devops.organisation.areas import existing_path
from integrations.azure_devops.reading import reading
from integrations.azure_devops.writing.edits import Edits, Raw
from integrations.azure_devops.writing.taken import as_sent, told_of
from integrations.azure_devops.writing.values import (
    Value,
    along_operations,
    edited_along,
    is_value,
    not_yet_back,
    operations,
    shown,
    untouched_along,
    value_of,
    with_along,
)
from integrations.numbers import number_in
from integrations.tracker import Incomplete, Invalid, Missing, Plan, Receipt, WrongValue
from rules.changes import SetField, SetPriority, name_key

_LONGEST_TITLE = 255  # characters, the product's own limit
_HOUSE_WORDS = {"component": "components"}


class FieldWriter:
    """Gives a field a new value, and the old one back."""

    def __init__(self, edits: Edits) -> None:
        self._edits = edits

    def plan(self, key: str, raw: Raw, change: SetPriority | SetField, marker: str) -> Plan:
        """Raises Conflict where the old value is another, Invalid or Incomplete where the new one is not taken."""
        before, after = self._wish(raw, change)
        field = _HOUSE_WORDS.get(change.kind, change.kind)
        if not is_value(raw, after):
            old = self._old(raw, change)
            if (shown(before) or "").casefold() != (old or "").casefold():
                raise self._edits.changed(key, field)
            self._edits.attempt(raw, operations(after))
        return Plan(key, change.kind, field, marker, before, after)

    def perform(self, plan: Plan) -> Receipt:
        """Writes the value, or finds it written."""

        def attempt(raw: Raw) -> Receipt:
            if is_value(raw, plan.after):
                return self._only_along(plan, raw) if plan.after.get("is_back") else self._found(plan)
            if not is_value(raw, plan.before):
                raise self._edits.changed(plan.item, plan.field)
            wanted = untouched_along(raw, plan.after, plan.before)
            written, revision = self._edits.write(raw, operations(wanted))
            edited = told_edited(self._edits, raw, plan.after, plan.before) if plan.after.get("is_back") else {}
            return Receipt(plan.item, plan.kind, plan.field, revision, _details(plan, written) | edited)

        return self._edits.perform(plan, attempt)

    def plan_undo(self, receipt: Receipt, marker: str) -> Plan:
        """Raises Conflict where the field has neither the value that was written nor the one before it."""
        before, after = receipt.details["after"], dict(receipt.details["before"])
        raw = self._edits.item(receipt.item)
        if not is_value(raw, before) and not is_value(raw, after):
            raise self._edits.changed(receipt.item, receipt.field)
        if not is_value(raw, after):
            possible = with_possible_reason(self._edits, raw, untouched_along(raw, after, before))
            after = {**possible, "along": after["along"]} if after.get("along") else possible
        if after.get("along"):
            after["is_back"] = True
        return Plan(receipt.item, receipt.kind, receipt.field, marker, before, after)

    def _wish(self, raw: Raw, change: SetPriority | SetField) -> tuple[Value, Value]:
        match change.kind:
            case "priority":
                return _pair(raw, parts.PRIORITY, _priority(change.new))
            case "summary":
                return _pair(raw, parts.TITLE, _title(change.new))
            case "component":
                return _pair(raw, parts.AREA, self._area(raw, change.new))
            case "estimate":
                return self._estimate(raw, change.new)
            case "assignee":
                return _pair(raw, parts.ASSIGNEE, self._person(change))
        before = value_of(raw, parts.STATE)
        after = {**before, "value": self._state(raw, change.new), "reason": ""}
        return with_along(raw, before, after, given(self._edits, raw, change))

    def _old(self, raw: Raw, change: SetPriority | SetField) -> str | None:
        if change.kind != "component":
            return _number_text(change.old) if change.kind == "estimate" else change.old
        project, _ = parts.place_of(parts.fields_of(raw))
        root = project.casefold()
        named = (change.old or "").strip("\\")
        return named if named.partition("\\")[0].casefold() == root else f"{project}\\{named}".rstrip("\\")

    def _area(self, raw: Raw, path: str) -> str:
        project, _ = parts.place_of(parts.fields_of(raw))
        try:
            return existing_path(self._edits.session, project, path)
        except Missing:
            raise WrongValue("the project has no such area", "components", path) from None

    def _estimate(self, raw: Raw, new: str) -> tuple[Value, Value]:
        name = parts.estimate_field(self._edits.processes.fields(*parts.place_of(parts.fields_of(raw))))
        if name is None:
            raise Invalid("items of this type have no estimate")
        points = number_in(new)
        if points is None or not 0 <= points < 1_000_000:
            raise WrongValue("an estimate is a number of points", "estimate", new, is_number=True)
        return _pair(raw, name, points)

    def _person(self, change: SetPriority | SetField) -> Value:
        identity = change.identity if isinstance(change, SetField) else ""
        found = self._identities(identity_ids=identity).get(identity.lower()) if identity else None
        if found is None:
            raise Invalid("the tracker does not know this person")
        if found.get("isActive") is False:
            raise Invalid("nobody can assign work to this person any more")
        account, own = unique_name(found), identity.lower()
        namesakes = self._identities(search_filter="General", filter_value=account)
        if any(unique_name(one).casefold() == account.casefold() for other, one in namesakes.items() if other != own):
            raise Invalid("two people have this account name, so the tracker might assign the other one")
        name = str(found.get("customDisplayName") or found.get("providerDisplayName") or change.new)
        return {"id": identity, "uniqueName": account, "displayName": name}

    def _identities(self, **asked: str) -> dict[str, Mapping[str, Any]]:
        answer = self._edits.session.identities.read_identities(**asked)
        return {str(one["id"]).lower(): one for one in answer if isinstance(one, dict) and one.get("id")}

    def _state(self, raw: Raw, new: str) -> str:
        states = self._edits.processes.states(*parts.place_of(parts.fields_of(raw)))
        for name in states:
            if name_key(name) == name_key(new):
                return name
        raise WrongValue("items of this type have no such state", "status", new, tuple(states))

    def _only_along(self, plan: Plan, raw: Raw) -> Receipt:
        """Puts back what was set beside a state that somebody has set back already."""
        details = told_edited(self._edits, raw, plan.after, plan.before)
        revision: tuple[str, ...] = ()
        if putting := not_yet_back(raw, plan.after, plan.before):
            try:
                _, revision = self._edits.write(raw, along_operations(putting))
            except Invalid:
                details["left"] = labels(self._edits, raw, putting)
        return Receipt(plan.item, plan.kind, plan.field, revision, details)

    def _found(self, plan: Plan) -> Receipt:
        """The receipt of a write that was made before, or by somebody who had the same wish (nothing to take back)."""
        entry = self._edits.own_entry(plan.item, plan.field, lambda edit: _reads_as(edit.after, plan.after))
        details = {"before": plan.before if entry else plan.after, "after": plan.after}
        return Receipt(plan.item, plan.kind, plan.field, (entry.id,) if entry else (), details)


def given(edits: Edits, raw: Raw, change: object) -> dict[str, str]:
    """The values that come with a change, by the reference names of their fields; others are not the type's.

    Raises NotToSet as `told_of`.
    """
    told = getattr(change, "fields", ())
    if not told:
        return {}
    project, item_type = parts.place_of(parts.fields_of(raw))
    found = told_of(edits.processes.fields(project, item_type), told)
    markup = Markup.of(edits.session.organisation_url, project)
    return as_sent(found, edits.processes, markup, lambda name: parts.format_of(raw, name))


def told_edited(edits: Edits, raw: Raw, old: Value, written: Mapping[str, Any]) -> dict[str, Any]:
    """For the receipt of an undo: the fields beside a state that people have edited, and that stay."""
    names = edited_along(raw, old, written)
    return {"edited": labels(edits, raw, names)} if names else {}


def labels(edits: Edits, raw: Raw, names: Iterable[str]) -> list[str]:
    """What the item's project calls these fields."""
    known = edits.processes.fields(*parts.place_of(parts.fields_of(raw)))
    return [known[name].label if name in known else name for name in names]


def with_possible_reason(edits: Edits, raw: Raw, after: Value) -> Value:
    """The value without the reason of its state, where the process does not offer that reason on the way back."""
    if not after.get("reason"):
        return after
    try:
        if edits.attempt(raw, operations(after)) is not None:
            return after
    except Incomplete:
        raise
    except Invalid:
        pass
    return {**after, "reason": ""}


def unique_name(identity: Mapping[str, Any]) -> str:
    """The name by which a field of a person is set: a mail address, or domain and account on one's own server."""
    account, domain = (_property(identity, name) for name in ("Account", "Domain"))
    return account if "@" in account or not domain else f"{domain}\\{account}"


def _property(identity: Mapping[str, Any], name: str) -> str:
    properties = identity.get("properties")
    told = properties.get(name) if isinstance(properties, dict) else None
    return str(told.get("$value") or "") if isinstance(told, dict) else ""


def _pair(raw: Raw, name: str, new: Any) -> tuple[Value, Value]:
    before = value_of(raw, name)
    return before, {**before, "value": new}


def _priority(new: str) -> int:
    if not (new.isascii() and new.isdigit() and len(new) <= 3):
        raise WrongValue("a priority of this tracker is a number", "priority", new, is_number=True)
    return int(new)


def _title(new: str) -> str:
    title = " ".join(new.split())
    if not title or len(title) > _LONGEST_TITLE:
        raise Invalid(f"a summary has 1 to {_LONGEST_TITLE} characters")
    return title


def _number_text(text: str | None) -> str | None:
    try:
        return parts.plain(float(text)) if text else None
    except ValueError:
        return text


def _details(plan: Plan, written: Raw) -> dict[str, Any]:
    """Both values; the new one as the product has stored it, which may differ from what was sent."""
    stored = value_of(written, plan.after["name"])
    after = plan.after if stored["value"] is None else {**plan.after, "value": stored["value"]}
    return {"before": plan.before, "after": after}


def _reads_as(found: str, value: Mapping[str, Any]) -> bool:
    after = parts.plain(value["value"])
    return found == after or reading(found, value["format"]) == reading(after, value["format"])
