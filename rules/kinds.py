"""What kind of thing an item is, whatever its tracker calls the type."""

from __future__ import annotations

import re

from rules.model import WorkItem

_DEFECT = re.compile(
    r"(?:\w+\s)?(?:bug|defect|incident|problem|fault|error|issue|hotfix|regression|fehler|st[öo]rung|bogue|anomalie|incidencia"
    r"|erro|ошибка|дефект|バグ|不具合|缺陷|故障|버그)(?:\s\w+)?",
    re.IGNORECASE,
)
_CONTAINER = re.compile(r"epic|initiative|theme|saga|portfolio epic|milestone|release", re.IGNORECASE)
_STRUCTURAL = re.compile(r"(?:shared |test )(?:case|plan|suite|parameter|steps?|execution|set)|test|code review request.*", re.IGNORECASE)


def is_defect(item: WorkItem) -> bool:
    """Whether the item says that something is wrong."""
    return _DEFECT.fullmatch(item.type.strip()[:60]) is not None


def is_container(item: WorkItem) -> bool:
    """Whether the item is large by its nature: an epic and what stands above it."""
    return _CONTAINER.fullmatch(item.type.strip()[:60]) is not None


def is_test(item: WorkItem) -> bool:
    """Whether the item is a test artefact, which has rules of its own."""
    return _STRUCTURAL.fullmatch(item.type.strip()[:60]) is not None
