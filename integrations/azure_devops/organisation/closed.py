"""Areas whose items not all of a project see. Pure.

The product marks no such item, and shows an area's permissions to administrators only: the settings name the areas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.azure_devops import parts


class ClosedAreas:
    """Project -> paths of its closed areas; a path may leave the project's name out. What lies below is closed too."""

    def __init__(self, areas: Mapping[str, Sequence[str]] | None = None) -> None:
        self._paths = {
            project.casefold(): tuple(_whole(project, path) for path in paths if path.strip(" \\"))
            for project, paths in (areas or {}).items()
        }

    def hold(self, fields: Mapping[str, Any]) -> bool:
        """Whether the item with these fields is in one of them."""
        area = f"{parts.text(fields, parts.AREA)}\\".casefold()
        paths = self._paths.get(parts.text(fields, parts.PROJECT).casefold(), ())
        return any(area.startswith(f"{path}\\".casefold()) for path in paths)

    def condition(self, project: str, *, inside: bool) -> str:
        """What a query for the items inside or outside of them says; empty where a project has none."""
        paths = [path.replace("'", "''") for path in self._paths.get(project.casefold(), ())]
        if inside:
            under = " OR ".join(f"[System.AreaPath] UNDER '{path}'" for path in paths)
            return f"({under})" if under else ""
        return " AND ".join(f"NOT [System.AreaPath] UNDER '{path}'" for path in paths)


def _whole(project: str, path: str) -> str:
    steps = [step.strip() for step in path.split("\\") if step.strip()]
    return "\\".join(steps if steps[0].casefold() == project.casefold() else [project, *steps])
