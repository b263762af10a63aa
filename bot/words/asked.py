"""Pure: the questions of a comment, and how they are put to the reporter."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bot.words.wording import clean, linked, plain, sentence, spoken, strong
from integrations.blocks import Block, Bullets, Inline, Mention, Paragraph, Text
from languages import say
from rules.model import Person

MAX_QUESTIONS = 3


def to_ask(questions: Sequence[str]) -> list[str]:
    """Those that are asked, cleaned."""
    return [cleaned for question in questions if (cleaned := clean(question, 300))][:MAX_QUESTIONS]


def still_asked(number: int) -> str:
    """The head of a comment in which nothing but questions may wait."""
    match number:
        case 0:
            return say("Steward: nothing waits for an answer.")
        case 1:
            return say("Steward: one question waits for an answer.")
        case 2:
            return say("Steward: two questions wait for an answer.")
        case _:
            return say("Steward: three questions wait for an answer.")


def question_blocks(
    asked: Sequence[str], reporter: Person | None, mention: bool, known_keys: Collection[str], *, alone: bool
) -> list[Block]:
    """The questions that `to_ask` gave. `alone`: they are all that the comment says, so it begins with its name."""
    if not asked:
        return []
    head = (*_addressed(_counted(len(asked), alone), reporter, mention, one=len(asked) == 1), plain(" "))
    answer = plain(say("Answer in a comment."))
    if len(asked) == 1:
        return [Paragraph((*head, *linked(sentence(asked[0]), known_keys), plain(" "), answer))]
    return [Paragraph((*head, answer)), Bullets(tuple(linked(question, known_keys) for question in asked))]


def _counted(number: int, alone: bool) -> str:
    match number, alone:
        case 1, False:
            return say("One question")
        case 2, False:
            return say("Two questions")
        case _, False:
            return say("Three questions")
        case 1, _:
            return say("Steward: one question")
        case 2, _:
            return say("Steward: two questions")
        case _:
            return say("Steward: three questions")


def _addressed(questions: str, reporter: Person | None, mention: bool, *, one: bool) -> tuple[Inline, ...]:
    if reporter is None:
        return (strong(say("{questions}:", questions=questions) if one else f"{questions}."),)
    if not mention:
        if one:
            return spoken("{questions} for the reporter:", "strong", questions=questions)
        return spoken("{questions} for the reporter.", "strong", questions=questions)
    to = Mention(reporter.id, clean(reporter.name, 80))
    if one:
        return _plain_end(spoken("{questions} for {reporter}:", "strong", questions=questions, reporter=to))
    return _plain_end(spoken("{questions} for {reporter}.", "strong", questions=questions, reporter=to))


def _plain_end(said: tuple[Inline, ...]) -> tuple[Inline, ...]:
    """What stands behind a mention is not in bold: trackers' markup takes no bold mark right behind one."""
    *first, last = said
    return (*first, plain(last.text)) if isinstance(last, Text) else said
