"""The custom fields that matter here, found in a site's own list of fields: estimate, acceptance criteria, epic link.

What tells a field is the key of its kind, which is the same in every language. Only where Jira has no kind of its own
for it (story points of company-managed projects, acceptance criteria) the name has to do.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

STORY_POINTS = ":jsw-story-points"
EPIC_LINK = ":gh-epic-link"
TEXT_AREA = ":textarea"
TEXT_LINE = ":textfield"

_ESTIMATE_NAMES = frozenset(
    {
        "story points",
        "story point estimate",
        "story-points",
        "story-punkte",
        "points de story",
        "points d'histoire",
        "puntos de historia",
        "pontos de história",
    }
)
_CRITERIA_NAMES = frozenset(
    {
        "acceptance criteria",
        "akzeptanzkriterien",
        "abnahmekriterien",
        "critères d'acceptation",
        "criterios de aceptación",
        "critérios de aceitação",
        "critérios de aceite",
    }
)


@dataclass(frozen=True, slots=True)
class ExtraFields:
    """Ids of the custom fields for estimates and acceptance criteria (a site may have several), and of the epic link.

    `words` is the id or the name (in small letters) of such a field -> its word in digests and histories.
    """

    estimates: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    epic_link: str = ""
    words: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def all(self) -> tuple[str, ...]:
        return self.estimates + self.criteria

    def ids(self, word: str) -> tuple[str, ...]:
        """The fields of Jira that a word of rules.model stands for."""
        return {"estimate": self.estimates, "acceptance_criteria": self.criteria}.get(word, (word,))


def extra_fields(fields: Iterable[Mapping[str, Any]]) -> ExtraFields:
    """Finds them in the answer of /field."""
    found: dict[str, list[str]] = {"estimate": [], "acceptance_criteria": [], "epic_link": []}
    words: dict[str, str] = {}
    for field in fields:
        word = _word(field)
        if word:
            found[word].append(str(field["id"]))
            words[str(field["id"]).casefold()] = word
            words.setdefault(str(field.get("name", "")).casefold(), word)
    return ExtraFields(
        tuple(found["estimate"]),
        tuple(found["acceptance_criteria"]),
        next(iter(found["epic_link"]), ""),
        words,
    )


def _word(field: Mapping[str, Any]) -> str:
    schema = field.get("schema") or {}
    kind = str(schema.get("custom") or "")
    names = {str(field.get(name) or "").strip().casefold() for name in ("name", "untranslatedName")}
    if kind.endswith(STORY_POINTS) or (schema.get("type") == "number" and names & _ESTIMATE_NAMES):
        return "estimate"
    if kind.endswith((TEXT_AREA, TEXT_LINE)) and names & _CRITERIA_NAMES:
        return "acceptance_criteria"
    return "epic_link" if kind.endswith(EPIC_LINK) else ""
