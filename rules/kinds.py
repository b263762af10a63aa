"""What kind of thing an item is, whatever its tracker calls the type."""

from __future__ import annotations

import re

from rules.model import WorkItem

_DEFECT = re.compile(
    r"(?:\w+\s)?(?:bug|defect|incident|problem|fault|error|issue|hotfix|regression|fehler|st[öo]rung|bogue|anomalie"
    r"|incidencia"
    r"|erro|ошибка|дефект|バグ|不具合|缺陷|故障|버그)(?:\s\w+)?",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"\W*(?:[^:\n]{1,40}(?::| -| \u2013) +)?(?:please |we |needs? to |wish |should |must |to )*(?:add|allow|build"
    r"|bundle"
    r"|change|cleanup|clean up|code review|configure|confirm|convert|create"
    r"|deprecate|design|develop|document|enable|expose|externalize|implement|improve|integrate|introduce"
    r"|investigate|make|merge|migrate|move|port"
    r"|provide|refactor|release|remove|rename|replace|review|rewrite|set up|setup|speed up|support|test|update"
    r"|upgrade|use|write"
    r"|ability|feature request|add(?:ed)? support|support for)\b",
    re.IGNORECASE,
)
_CONTAINER = re.compile(r"epic|initiative|theme|saga|portfolio epic|milestone|release", re.IGNORECASE)
_STRUCTURAL = re.compile(
    r"(?:shared |test )(?:case|plan|suite|parameter|steps?|execution|set)|test|code review request.*", re.IGNORECASE
)


def is_defect(item: WorkItem) -> bool:
    """Whether the item says that something is wrong."""
    return _DEFECT.fullmatch(item.type.strip()[:60]) is not None


def reports_defect(item: WorkItem) -> bool:
    """Whether the item reports something wrong, and is not a wish filed under a defect's type ("Add ...")."""
    opening = item.description[:2000].lstrip()[:200]
    return is_defect(item) and not any(_WISH.match(text) for text in (item.summary[:200], opening))


def is_container(item: WorkItem) -> bool:
    """Whether the item is large by its nature: an epic and what stands above it."""
    return _CONTAINER.fullmatch(item.type.strip()[:60]) is not None


def is_test(item: WorkItem) -> bool:
    """Whether the item is a test artefact, which has rules of its own."""
    return _STRUCTURAL.fullmatch(item.type.strip()[:60]) is not None
