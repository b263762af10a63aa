"""The areas of a project, down the path to one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from integrations.tracker import Missing, Unintelligible

if TYPE_CHECKING:  # importing it for real needs the package's cache directory to be named first
    from integrations.azure_devops.sdk import Session

_DEEPEST = 20
_NODE = "vstfs:///Classification/Node/"


def nodes_to(session: Session, project: str, path: str) -> list[dict[str, Any]]:
    """The nodes from a project's root area down to `path` (whose first part is the root). Raises Missing."""
    steps = [part for part in path.split("\\")[1:] if part][:_DEEPEST]
    # The whole branch is asked for by depth: the package would quote the slashes of a path.
    node = session.items.get_classification_node(project, "areas", depth=len(steps) or None)
    nodes = [_node(node)]
    for part in steps:
        children = nodes[-1].get("children")
        below = [one for one in children if isinstance(one, dict)] if isinstance(children, list) else []
        nodes.append(
            _node(next((one for one in below if str(one.get("name", "")).casefold() == part.casefold()), None))
        )
    return nodes


def area_token(session: Session, project: str, path: str) -> str:
    """The security token of an area: its nodes from the root down."""
    return ":".join(_node_token(node) for node in nodes_to(session, project, path))


def existing_path(session: Session, project: str, path: str) -> str:
    """An area's path as the project spells it; `path` may leave the root out. Raises Missing."""
    parts = [part.strip() for part in path.split("\\") if part.strip()]
    if not parts or parts[0].casefold() != project.casefold():
        parts.insert(0, project)
    return "\\".join(str(node["name"]) for node in nodes_to(session, project, "\\".join(parts)))


def _node_token(node: object) -> str:
    identifier = node.get("identifier") if isinstance(node, dict) else None
    if not isinstance(identifier, str):
        raise Unintelligible("the item's area is not among the areas of its project")
    return f"{_NODE}{identifier}"


def _node(node: object) -> dict[str, Any]:
    if not isinstance(node, dict) or not isinstance(node.get("name"), str):
        raise Missing("the area is not among the areas of its project")
    return node
