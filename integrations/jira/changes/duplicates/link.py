"""Linking an item as a duplicate of an earlier one, and taking that link away."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from integrations.jira.answers import UNDERSTOOD
from integrations.jira.changes.live import LiveIssues
from integrations.jira.items import says_duplicate
from integrations.jira.search import issue_path
from integrations.jira.session import JiraSession
from integrations.tracker import Invalid, Missing, Plan, Receipt, Unintelligible
from rules.changes import LinkDuplicate

FIELD = "link"

# What is said of the original: "is duplicated by", "has duplicate".
_PASSIVE = re.compile(
    r"duplicated\b|\bhas\b|\bhat\b|\bwird\b|dupliziert (?:von|durch)|\ba pour\b|dupliqué\w* par|\btiene\b|\btem\b"
    r"|duplicad\w* (?:por|pel)",
    re.IGNORECASE,
)


class DuplicateLink:
    """`before` of a plan lists the ids of such links that were there; only a new one is taken away again."""

    fields = ("issuelinks",)

    def __init__(self, session: JiraSession, live: LiveIssues) -> None:
        self._session = session
        self._live = live

    def plan(self, key: str, change: LinkDuplicate, fields: Mapping[str, Any], marker: str) -> Plan:
        needs = f"Browse Projects for {change.original}"
        original = self._session.get(issue_path(change.original), {"fields": "project"}, needs=needs)
        this = self._session.get(issue_path(key), {"fields": "project"}, needs=f"Browse Projects for {key}")
        with UNDERSTOOD:
            after = {"type": self._duplicate_type(), "this": this["key"], "original": original["key"]}
            if str(original["id"]) == str(this["id"]):
                raise Invalid("an item is not a duplicate of itself")
        return Plan(key, "duplicate", FIELD, marker, self._present(key, after), after)

    def perform(self, plan: Plan) -> Receipt:
        with UNDERSTOOD:
            kind, this, original = plan.after["type"], plan.after["this"], plan.after["original"]
        present = self._present(plan.item, plan.after)
        entries = None
        if not present:
            entries = self._live.entries(plan.item)
            ends = {"inwardIssue": {"key": this}, "outwardIssue": {"key": original}}
            if kind["reversed"]:
                ends = {"inwardIssue": {"key": original}, "outwardIssue": {"key": this}}
            self._session.post("issueLink", {"type": {"id": kind["id"]}, **ends}, needs=f"Link Issues on {this}")
            present = self._present(plan.item, plan.after)
            if not present:
                raise Unintelligible("the link that was made cannot be read back")
        created = [link for link in present if link not in plan.before]
        writes = self._live.writes(plan.item, "links", entries) if created else ()
        return Receipt(plan.item, "duplicate", FIELD, writes, {**plan.after, "links": created})

    def plan_undo(self, receipt: Receipt, marker: str) -> Plan:
        with UNDERSTOOD:
            return Plan(receipt.item, "undo_duplicate", FIELD, marker, dict(receipt.details), None)

    def undo(self, plan: Plan) -> Receipt:
        with UNDERSTOOD:
            links = [link for link in self._present(plan.item, plan.before) if link in plan.before["links"]]
        entries = self._live.entries(plan.item) if links else None
        for link in links:
            try:
                path = f"issueLink/{quote(link, safe='')}"
                self._session.delete(path, needs=f"Link Issues on {plan.item}")
            except Missing:
                continue
        return Receipt(plan.item, plan.kind, FIELD, self._live.writes(plan.item, "links", entries) if links else ())

    def _present(self, key: str, wanted: Mapping[str, Any]) -> list[str]:
        """Ids of the links by which this item duplicates the original."""
        fields = self._live.fields(key, "issuelinks")
        with UNDERSTOOD:
            end = "inwardIssue" if wanted["type"]["reversed"] else "outwardIssue"
            return [
                str(link["id"])
                for link in fields.get("issuelinks") or ()
                if str(link["type"]["id"]) == wanted["type"]["id"]
                and (link.get(end) or {}).get("key") == wanted["original"]
            ]

    def _duplicate_type(self) -> dict[str, Any]:
        """The site's link type for duplicates, found by its wording, then by its name.

        The inward end of a link is the item that the outward words are said of ("duplicates"); a site may have
        named the two the other way round.
        """
        types = self._session.ask(lambda client: [kind.raw for kind in client.issue_link_types()], "GET issueLinkType")
        with UNDERSTOOD:
            for parts in (("outward", "inward"), ("name",)):
                for kind in types:
                    if says_duplicate(" ".join(str(kind.get(part, "")) for part in parts)):
                        outward, inward = str(kind.get("outward", "")), str(kind.get("inward", ""))
                        turned = _PASSIVE.search(outward) is not None and _PASSIVE.search(inward) is None
                        return {"id": str(kind["id"]), "reversed": turned}
        raise Invalid("this Jira has no link type for duplicates")
