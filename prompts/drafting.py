"""From one work item to messages, and from a model's reply to a typed change. Pure: nothing is sent from here.

A draft holds the text of one item and of no other, cleaned, redacted and fenced. It is kept until the reply is there,
because it knows what the placeholders stand for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from languages import name_in_english, say
from prompts.fence import Fence, new_fence
from prompts.invisible import invisible_warning, visible
from prompts.library import Message, Prompt
from prompts.plain import links_in, plain_line
from prompts.redaction import WITHHELD, redact, restore
from prompts.replies import AcceptanceCriteria
from prompts.secret_patterns import Kind
from rules.changes import AddCriteria, Criterion
from rules.model import WorkItem

# What a criterion may name again. A credential never is: a comment is mailed, stored and audited.
RESTORED_KINDS: frozenset[Kind] = frozenset({"EMAIL", "IBAN", "CARD"})
LONGEST_LINE = 500


@dataclass(frozen=True, slots=True)
class Draft:
    """What is sent for one item, and what is needed to read the reply.

    `key` is a SHA-256 of prompt and redacted inputs, the same for the same item text (the fence differs each time):
    with the model's name it says whether an answer has been paid for already. `warning` tells what invisible
    characters were left out (empty: none). `originals` is never sent.
    """

    prompt: Prompt
    messages: tuple[Message, ...]
    key: str
    warning: str
    fence: Fence = field(repr=False)
    links: frozenset[str] = field(repr=False)
    originals: Mapping[str, str] = field(repr=False)


def compose(prompt: Prompt, inputs: Mapping[str, str], known_secrets: Collection[str] = ()) -> Draft:
    """Clean, redact and fence the inputs and render the prompt with them. Raises PromptError as `render` does."""
    names = sorted(inputs)
    redacted = redact(*(visible(inputs[name]) for name in names), known=known_secrets)
    texts = dict(zip(names, redacted.texts, strict=True))
    fence = new_fence(*texts.values())
    return Draft(
        prompt=prompt,
        messages=prompt.render_fenced(fence, texts),
        key=hashlib.sha256(json.dumps([prompt.sha256, texts], sort_keys=True).encode()).hexdigest(),
        warning=invisible_warning(*inputs.values()),
        fence=fence,
        links=frozenset().union(*(links_in(text) for text in texts.values())),
        originals=MappingProxyType(dict(redacted.originals)),
    )


def criteria_draft(item: WorkItem, prompt: Prompt, known_secrets: Collection[str] = ()) -> Draft:
    """The draft that asks for the acceptance criteria of one item, in its language or else in that of the project."""
    inputs = {
        "type": item.type,
        "title": item.summary,
        "description": item.description or "(no description)",
        "language": name_in_english(),
    }
    return compose(prompt, inputs, known_secrets)


def criteria_from(reply: AcceptanceCriteria, draft: Draft) -> AddCriteria | None:
    """The change a reply stands for; None where it holds no usable criterion."""
    criteria: dict[str, Criterion] = {}
    for drafted in reply.criteria:
        if line := _line(drafted.text, draft):
            criteria.setdefault(line.casefold(), Criterion(line, drafted.is_assumption))
    return AddCriteria(tuple(criteria.values())) if criteria else None


def questions_from(reply: AcceptanceCriteria, draft: Draft) -> tuple[str, ...]:
    """The questions a reply asks, each one line of dead text."""
    return tuple(dict.fromkeys(line for question in reply.questions if (line := _line(question, draft))))


def _line(text: str, draft: Draft) -> str:
    """Dead text with placeholders put back; empty where the model has copied its prompt or has nothing left to say."""
    if draft.fence.stands_in(text):
        return ""
    line = restore(plain_line(text, draft.links), draft.originals, RESTORED_KINDS)
    if line.replace(say(WITHHELD), "").strip(" .,:;-") == "":
        return ""
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1]}\u2026"
