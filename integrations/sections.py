"""The sections that the bot writes into people's texts, in blocks: the same in every tracker. Pure."""

from __future__ import annotations

from integrations.blocks import Blocks, Bullets, Heading, Inline, Paragraph, Text
from languages import say
from rules.changes import AddSection, Criterion

HEADING = "Acceptance criteria"


def criteria_section(criteria: tuple[Criterion, ...], heading: str = "") -> Blocks:
    """A heading and the criteria."""
    return (Heading(3, (Text(heading or HEADING),)), criteria_list(criteria))


def criteria_list(criteria: tuple[Criterion, ...]) -> Bullets:
    """One bullet a criterion, as a field of their own takes them; an assumption is marked in italics."""
    entries: list[tuple[Inline, ...]] = []
    for criterion in criteria:
        assumed = (Text(say("assumption:"), "emphasis"), Text(" ")) if criterion.is_assumption else ()
        entries.append((*assumed, Text(criterion.text)))
    return Bullets(tuple(entries))


def written_section(change: AddSection) -> Blocks:
    """A heading, the paragraphs that say something, then a list where there are entries."""
    paragraphs = tuple(Paragraph((Text(text),)) for text in change.paragraphs if text.strip())
    listed = (Bullets(tuple((Text(entry),) for entry in change.entries)),) if change.entries else ()
    return (Heading(3, (Text(change.heading),)), *paragraphs, *listed)
