"""What many tests begin with: an item that the bot has spoken about, and a person who answers."""

from __future__ import annotations

from typing import Any

from integrations.sandbox.records import Item

LARGE = (
    "Loyalty programme",
    "As a shop owner I want a loyalty programme so that customers come back.\n\n## Tasks\n\n"
    "- Show the points of each order in the account\n- Add vouchers for points\n- Send a birthday bonus by mail\n"
    "- List all bonus partners on a page\n- Import the points of the old programme",
)
"""A story (title, text) that names its five sub-tasks."""


def proposed(world: Any, story: tuple[str, str], **values: Any) -> Item:
    """A new item, looked at by the bot."""
    item: Item = world.file(*story, **values)
    world.work()
    return item


def tell(world: Any, who: str, item: Item, words: str) -> None:
    """A person says this under an item, and the bot acts."""
    world.say(who, item, words)
    world.work()


def night(world: Any, name: str, *, leap: bool = True) -> None:
    """Tonight's nightly run, and all that follows."""
    tonight = f"{world.queue.now():%Y-%m-%d}"
    world.queue.enqueue("hygiene", f"hygiene:{name}", "tracker", world.project, tonight)
    world.work(leap=leap)
