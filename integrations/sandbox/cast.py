"""The people of the sandbox, what they may do, and the words that each flavour starts with."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from integrations.sandbox.records import BotRights, Flavour, Permission, Term, User

ROLE_RIGHTS: Mapping[str, frozenset[Permission]] = {
    "Administrators": frozenset({"browse", "comment", "create", "edit", "administer"}),
    "Developers": frozenset({"browse", "comment", "create", "edit"}),
    "Reporters": frozenset({"browse", "comment", "create"}),
}
"""Project role -> what it allows. An account in no role may browse an open project, and nothing else."""

_NAMESPACE = uuid.UUID("6c1f2a52-6f3a-4d53-9a53-0d3ad5f0b6a1")

_CAST: tuple[tuple[str, str, str | None], ...] = (
    ("ada", "Ada Adebayo", "Administrators"),
    ("dana", "Dana Duarte", "Developers"),
    ("lee", "Lee Lindqvist", "Developers"),
    ("rae", "Rae Rossi", "Reporters"),
    ("otto", "Otto Olsen", None),
)


def account(
    flavour: Flavour, name: str, display_name: str, *, administrator: bool = False, active: bool = True
) -> User:
    """An account of this name; its id and its token (`token-<name>`) follow from the name alone."""
    guid = uuid.uuid5(_NAMESPACE, name)
    account_id = {
        "jira-cloud": f"712020:{guid}",
        "jira-data-center": f"JIRAUSER{10000 + guid.int % 10**12}",
        "azure-devops": str(guid),
    }[flavour]
    mail = f"{name}@corner-shop.example"
    return User(name, account_id, display_name, mail, f"token-{name}", administrator, active)


def cast(flavour: Flavour, bot: BotRights) -> list[tuple[User, str | None]]:
    """The default people with their project role; `bot` decides what the account `steward` may do."""
    people: list[tuple[User, str | None]] = [
        (account(flavour, name, display, administrator=role == "Administrators"), role) for name, display, role in _CAST
    ]
    rights = "Administrators" if bot == "administrator" else "Developers"
    people.append((account(flavour, "steward", "Steward", administrator=bot == "administrator"), rights))
    return people


def _terms(kind: str, first_id: int, names: tuple[tuple[str, str], ...]) -> list[Term]:
    return [Term(kind, first_id + n, name, category, n) for n, (name, category) in enumerate(names)]


_JIRA_LINKS = (
    Term("link_type", 10000, "Blocks", outward="blocks", inward="is blocked by"),
    Term("link_type", 10001, "Cloners", outward="clones", inward="is cloned by"),
    Term("link_type", 10002, "Duplicate", outward="duplicates", inward="is duplicated by"),
    Term("link_type", 10003, "Relates", outward="relates to", inward="relates to"),
)
_AZURE_LINKS = (
    Term("link_type", 1, "System.LinkTypes.Duplicate", outward="Duplicate", inward="Duplicate Of"),
    Term("link_type", 2, "System.LinkTypes.Dependency", outward="Successor", inward="Predecessor"),
    Term("link_type", 3, "System.LinkTypes.Related", outward="Related", inward="Related"),
)


_GERMAN_LINKS = (
    Term("link_type", 10000, "Blockierung", outward="blockiert", inward="wird blockiert von"),
    Term("link_type", 10001, "Klon", outward="klont", inward="wird geklont von"),
    Term("link_type", 10002, "Duplikat", outward="dupliziert", inward="wird dupliziert von"),
    Term("link_type", 10003, "Beziehung", outward="steht in Beziehung zu", inward="steht in Beziehung zu"),
)


def _german() -> list[Term]:
    types = (("Epos", ""), ("Geschichte", ""), ("Aufgabe", ""), ("Fehler", ""), ("Unteraufgabe", "subtask"))
    priorities = ("Am höchsten", "Hoch", "Mittel", "Niedrig", "Am niedrigsten")
    return [
        *_terms("status", 10000, (("Zu erledigen", "todo"), ("In Arbeit", "doing"), ("Fertig", "done"))),
        *_terms("type", 10000, types),
        *_terms("priority", 1, tuple((name, "") for name in priorities)),
        *_terms("resolution", 10000, (("Erledigt", ""), ("Wird nicht erledigt", ""), ("Duplikat", ""))),
        *_GERMAN_LINKS,
    ]


def vocabulary(flavour: Flavour, language: str = "en") -> list[Term]:
    """The statuses, types, priorities, resolutions and link types that a new tracker knows.

    Jira speaks English or German ("de"), as its administrator has named things.
    """
    if language == "de" and flavour != "azure-devops":
        return _german()
    if flavour == "azure-devops":
        return [
            *_terms("status", 1, (("New", "todo"), ("Active", "doing"), ("Resolved", "doing"), ("Closed", "done"))),
            *_terms(
                "type", 1, (("Epic", ""), ("Feature", ""), ("User Story", ""), ("Bug", ""), ("Task", ""), ("Issue", ""))
            ),
            *_terms("priority", 1, (("1", ""), ("2", ""), ("3", ""), ("4", ""))),
            *_AZURE_LINKS,
        ]
    subtask = "Subtask" if flavour == "jira-cloud" else "Sub-task"
    types = (("Epic", ""), ("Story", ""), ("Task", ""), ("Bug", ""), (subtask, "subtask"))
    priorities = ("Highest", "High", "Medium", "Low", "Lowest")
    return [
        *_terms("status", 10000, (("To Do", "todo"), ("In Progress", "doing"), ("Done", "done"))),
        *_terms("type", 10000, types),
        *_terms("priority", 1, tuple((name, "") for name in priorities)),
        *_terms("resolution", 10000, (("Done", ""), ("Won't Do", ""), ("Duplicate", ""), ("Cannot Reproduce", ""))),
        *_JIRA_LINKS,
    ]
