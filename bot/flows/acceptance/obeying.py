"""One command is carried out, and what came of it is said."""

from __future__ import annotations

from collections.abc import Sequence

from bot import answers, commands
from bot.commands import Accept, Command, Expand, Explain, Help, More, Mute, NotUnderstood, Reject, Undo
from bot.flows import applying, looking, showing
from bot.flows.acceptance import choosing, hinting
from bot.flows.acceptance.word import Word
from bot.store import audit, drafts, items, proposals
from bot.telemetry import metrics, watched
from integrations.blocks import Blocks

MOST_EXPLAINED = 5
"""Of one command: the answer comment holds no more, and anybody may ask."""


def obey(word: Word, command: Command) -> None:
    """Do what one command asks for, if its author may."""
    match command:
        case Accept():
            _accept(word, command)
        case Reject():
            _reject(word, command)
        case Undo():
            _undo(word, command)
        case Explain():
            _explain(word, command)
        case Expand():
            _expand(word)
        case More():
            _more(word)
        case Mute():
            _mute(word, command.on)
        case Help():
            word.help()
        case NotUnderstood():
            _hint(word, command)


def _hint(word: Word, command: NotUnderstood) -> None:
    suggestion = hinting.fitting(word, command.suggestion)
    if suggestion:
        word.answer(answers.not_understood(command.line, suggestion))
    else:
        undoing = isinstance(commands.parse(command.suggestion)[0], commands.Undo)
        word.answer(answers.nothing_to_name(command.line, undoing=undoing))


def _accept(word: Word, command: Accept) -> None:
    chosen = choosing.choose(word.desk, word.item, command, word.comment.created, word.cause)
    _say_unknown(word, chosen)
    if not chosen.numbers or not word.may_edit(accepting=True):
        return
    numbers = chosen.numbers
    if command.own_lines:
        own = choosing.in_own_words(word.desk, word.item, numbers[0], command.own_lines, word.cause)
        if own is None:
            word.answer(answers.own_words_do_not_fit(numbers[0]), about="own")
            return
        numbers = (own,)
    for number in numbers:
        result = applying.accept(word.desk, word.project, word.item, number, word.person, word.cause)
        _report(word, number, result, undoing=False)
        watched.applied(word.desk.connection, result.outcome, word.comment.created, word.desk.now())


def _undo(word: Word, command: Undo) -> None:
    chosen = choosing.choose_decided(word.desk, word.item, command.choices, word.cause)
    _say_unknown(word, chosen, undoing=True)
    if not chosen.numbers or not word.may_edit():
        return
    for number in chosen.numbers:
        result = applying.undo(word.desk, word.project, word.item, number, word.person, word.cause)
        _report(word, number, result, undoing=True)


def _report(word: Word, number: int, result: applying.Result, *, undoing: bool) -> None:
    match result.outcome:
        case "refused":
            word.refuse(result.detail, about=f"refused {number}")
        case "changed since" if undoing:
            word.answer(answers.not_undone(number, result.detail, result.by), about=f"conflict {number}")
        case "incomplete":
            word.answer(answers.incomplete(number, result.fields), about=f"incomplete {number}")
        case "not taken":
            told = answers.stays_open(result.number, result.detail)
            word.answer(told, about=f"failed {result.number}")
        case "not possible":
            word.answer(answers.not_possible(number, result.detail, undoing=undoing), about=f"failed {number}")
        case "already" | "busy":
            word.answer(_settled(word, number, undoing=undoing), about=f"already {number}")
        case _:
            pass


def _reject(word: Word, command: Reject) -> None:
    chosen = choosing.choose(word.desk, word.item, command, word.comment.created, word.cause)
    _say_unknown(word, chosen)
    if not chosen.numbers or not word.may_reject():
        return
    now = word.desk.now()
    with word.desk.db.write() as session:
        for number in chosen.numbers:
            row = session.get(proposals.ProposedChange, (word.desk.connection, word.item.id, number))
            if row is None or row.state != proposals.OPEN:
                continue
            row.state, row.note, row.cause = "rejected", command.reason, word.cause
            row.decided_by, row.decided_by_id, row.decided_at = word.person.name, word.person.id, now
            proposals.dismiss(session, row, now)
            drafts.decide_rest(session, row, drafts.REJECTED, word.person, word.cause, now)
            content = {"key": word.item.key, "number": number, "by": word.person.id, "reason": command.reason}
            metrics.decisions.labels(word.desk.connection, "rejected").inc()
            audit.record(session, "rejected", f"{word.desk.connection}:{word.item.id}", content, now)
    applying.clear_drafts(word.desk, word.item)


def _explain(word: Word, command: Explain) -> None:
    with word.desk.db.read() as session:
        rows: Sequence[proposals.ProposedChange] = proposals.changes(session, word.desk.connection, word.item.id)
    known = {row.number: row for row in rows if row.shown_at is not None}
    for choice in command.choices[:MOST_EXPLAINED]:
        row = known.get(choice.number)
        if row is None:
            told = answers.no_such(choice.number, tuple(known), "shown")
            word.answer(told, about=f"unknown {choice.number}")
        else:
            about = {"rule": row.rule, "drafted by": row.source, "sha-256": row.payload_hash[:16]}
            word.answer(
                answers.explanation(showing.shown_change(row), about, zone=word.project.zone),
                about=f"explain {choice.number}",
            )


def _more(word: Word) -> None:
    if not word.may_edit():
        return
    with word.desk.db.write() as session:
        proposal = proposals.get(session, word.desk.connection, word.item.id)
        rows = proposals.changes(session, word.desk.connection, word.item.id) if proposal else ()
        waiting = [row for row in rows if row.state == proposals.OPEN and row.shown_at is None]
        is_shown = proposal is not None and proposal.comment is not None
        if proposal is not None and waiting and is_shown:
            proposal.more_shown = True
    if not waiting:
        word.answer(answers.nothing_to_show(), about="more")
    elif not is_shown:
        _look_anew(word)  # it was held back; who asks for it is not disturbed by it


def _mute(word: Word, on: bool) -> None:
    if not word.may_edit():
        return
    with word.desk.db.write() as session:
        row = items.find(session, word.desk.connection, word.item.id)
        if row is not None:
            row.muted = on
        content = {"key": word.item.key, "by": word.person.id, "on": on}
        audit.record(session, "muted", f"{word.desk.connection}:{word.item.id}", content, word.desk.now())
    word.answer(answers.muted(on), about="mute")


def _expand(word: Word) -> None:
    if word.may_edit():
        _look_anew(word)


def _look_anew(word: Word) -> None:
    with word.desk.db.write() as session:
        row = items.find(session, word.desk.connection, word.item.id)
        if row is not None:
            row.asked = word.cause
    looking.ask(word.desk, word.item.id, word.cause)


def _say_unknown(word: Word, chosen: choosing.Chosen, *, undoing: bool = False) -> None:
    if chosen.unknown:
        there_are = "accepted" if undoing else "open"
        word.answer(answers.no_such(chosen.unknown, chosen.still_open, there_are), about="unknown")
    for number, variant in chosen.lettered[:1]:
        word.answer(answers.no_variant(number, variant), about=f"variant {number}{variant}")
    for number in chosen.settled:
        word.answer(_settled(word, number, undoing=undoing), about=f"already {number}")
    if chosen.nothing_shown:
        word.answer(answers.nothing_to_show(), about="nothing")


def _settled(word: Word, number: int, *, undoing: bool) -> Blocks:
    state, by, at = choosing.state_of(word.desk, word.item, number)
    if undoing and state != "undone":
        return answers.not_applied_yet(number, state)
    return answers.already(number, state, by, at, word.project.zone)
