"""Pure: what a rehearsal writes on its scratch item, and what a person would see change there."""

from __future__ import annotations

from uuid import uuid4

from bot.words.wording import spoken, to_type
from integrations.blocks import Blocks, Bullets, Paragraph, Text
from languages import say, to_say
from rules.changes import AddSection
from rules.model import WorkItem

HEADING = to_say("Steward rehearsal")
FIRST, SECOND = to_say("1 suggestion"), to_say("accepted by nobody")


def new_marker() -> str:
    """A marker that no write has had."""
    return f"rehearsal:{uuid4().hex[:12]}"


def comment_blocks(words: str) -> Blocks:
    """A comment that says these words, FIRST or SECOND."""
    title = Text(say("{heading}: {words}.", heading=say(HEADING), words=say(words)), "strong")
    reply = spoken("Reply {accept}", accept=to_type("accept", 1))
    return (Paragraph((title, Text(" "), *reply)), Bullets(((Text(say("This comment is deleted again.")),),)))


def section() -> AddSection:
    """A section for the description."""
    return AddSection(say(HEADING), (say("This section is taken away again."),), (say("One entry"),))


def face(item: WorkItem) -> tuple[object, ...]:
    """What a person sees of what a rehearsal changes."""
    return item.description.strip(), item.priority, frozenset(item.labels)
