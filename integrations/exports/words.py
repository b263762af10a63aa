"""What the words of an export mean, in the languages that it may be written in."""

from __future__ import annotations

import re
import unicodedata

from integrations.exports.records import Category

TEXT_LIMIT = 1_000_000
"""Characters of one text; no tracker takes more."""

_CATEGORIES: dict[Category, tuple[str, ...]] = {
    "done": (
        *("done", "closed", "resolved", "complete", "completed", "removed", "rejected", "verified", "cancelled"),
        *("fertig", "erledigt", "geschlossen", "termine", "terminee", "ferme", "resolu", "listo", "hecho", "cerrada"),
        *("finalizada", "finalizado", "resuelta", "concluido", "itens concluidos", "fechado", "resolvido"),
    ),
    "doing": (
        *("in progress", "in review", "in development", "in testing", "active", "doing", "review", "testing"),
        *("committed", "in arbeit", "in bearbeitung", "en cours", "en curso", "em andamento", "em progresso"),
    ),
    "todo": (
        *("to do", "todo", "new", "open", "backlog", "zu erledigen", "aufgaben", "offen", "a faire", "ouvert"),
        *("por hacer", "tareas por hacer", "abierta", "itens pendentes", "tarefas pendentes", "a fazer", "aberto"),
    ),
}
_CATEGORY_OF = {word: category for category, words in _CATEGORIES.items() for word in words}
_SUBTASKS = frozenset(
    {
        *("sub-task", "subtask", "sub task", "technical task", "sub-bug", "unteraufgabe", "teilaufgabe"),
        *("sous-tache", "subtarea", "subtarefa"),
    }
)
_NUMBER = re.compile(r"-?\d{1,9}(?:[.,]\d{1,6})?")


def clean(text: str) -> str:
    """Without lone surrogates and NUL, which no tracker stores."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")


def long_text(text: str) -> str:
    """A text of many lines, with one kind of line end."""
    return clean(text).replace("\r\n", "\n").replace("\r", "\n")[:TEXT_LIMIT]


def title(text: str) -> str:
    """A summary: one line, of the length that trackers take."""
    return " ".join(clean(text).split())[:255]


def plain(text: str) -> str:
    """In small letters without accents, so that "Résumé" and "RESUME" are one word."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in decomposed if not unicodedata.combining(letter)).split())


def category_of(word: str) -> Category | None:
    """The category that a status, or the name of a category, tells by itself."""
    return _CATEGORY_OF.get(plain(word))


def is_subtask(type_name: str) -> bool:
    return plain(type_name) in _SUBTASKS


def number(text: str) -> float | None:
    """A number as a person's locale writes it: "3", "3.0", "0,5"."""
    found = _NUMBER.fullmatch(text.strip())
    return float(found[0].replace(",", ".")) if found else None
