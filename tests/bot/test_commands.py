"""Comment text -> commands: what must stay quiet first, then what is understood, then what is answered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import (
    MAX_COMMANDS,
    MAX_OWN_LINES,
    Accept,
    Choice,
    Command,
    Expand,
    Explain,
    Help,
    More,
    Mute,
    NotUnderstood,
    Reject,
    Undo,
    parse,
)
from bot.commands.guesses import BARE, NUMBERED, SYNONYMS
from bot.commands.typed_words import MEANINGS, TYPED, plain
from bot.words.command_words import typed
from languages import LANGUAGES, speaking

ONE, TWO, THREE = Choice(1), Choice(2), Choice(3)

QUIET = {
    "an empty comment": "",
    "small talk": "Thanks, looks good to me.",
    "a mention in a sentence": "I think steward accept 2 is good",
    "a sentence about the bot": "Steward is quite right about this.",
    "a sentence with a verb of ours": "Steward helps.",
    "an idiom": "steward more or less works for us",
    "a command with nobody addressed": "accept 2",
    "the name alone": "steward",
    "another bot's command": "/estimate 3",
    "another bot's command that resembles ours": "/help me out with this",
    "a command in the middle of a line": "Shall we say steward accept 2",
    "struck through": "~~steward accept 2~~",
    "a table cell": "| steward accept 2 |",
    "a letter that folds to s in Unicode only": "I said: \u017fteward accept 2",
    "a courtesy before what is no command": "Please steward accept 2 when Dana is back",
    "a courtesy before a sentence": "Please steward help us with this",
    "a courtesy run together": "pleasesteward accept 2",
    "other words before the name": "Could you please steward accept 2",
    "a sentence that ends in thanks": "I would say steward accept 2, thanks",
    "a quoted command in a sentence": 'You can type "steward accept 2" here',
    "a sentence about a yes": "steward yesterday said more",
    "another bot's command with a number": "/estimate3",
    "a sentence about the bot in German": "Steward hilft.",
    "a mention in a sentence in French": "Je crois que steward accepter 2 suffit",
    "a verb that resembles one of ours": "steward plusieurs",
    "everyday words of German": "Steward neu starten",
    "a sentence about the bot in Spanish": "Steward acepta las sugerencias.",
    "a sentence about the bot in French": "Steward annule la commande",
    "a check box": "- [ ] steward accept 2",
    "inline code in a bullet": "- `steward accept 2`",
    "a command that is told of": "I told steward accept 1 would be wrong",
    "a command with nobody addressed, behind a sentence": "I like it. accept 1",
    "a sentence about the bot behind a sentence": "I read it up. Steward accept 1 is what applies it",
    "a reason that is none behind a sentence": "I read it up. steward reject 1 turns it down",
    "an abbreviation": "You can answer, e.g. steward accept 1",
    "a command behind a colon": "What you type: steward accept 1",
    "a dash in a sentence": "Steward - accept 1 would be wrong",
    "a dash in a title": "Steward \u2013 more suggestions",
    "a dash and an everyday word": "Steward - help wanted",
    "the label": "steward-accept",
    "a question of what it is": "Ok, steward accept 1 means what exactly?",
    "a greeting": "Hi steward",
    "struck through behind a yes": "Ok ~~steward accept 2~~",
    "a line of prose that is far too long": "steward accept 2 " + "and so on " * 600,
}

QUOTED = {
    "a quote": "> steward accept 2",
    "a quote without a space": ">steward accept 2",
    "the unmarked rest of a quoted paragraph": "> Lee said\nsteward accept 2",
    "a nested quote": "> > steward accept 2",
    "a quoted hold in a reply": "> **Steward: 1 suggestion.** Reply\n> steward accept 1\n\nWhat do you think?",
    "a quote with an odd line separator": "> see\u2028steward accept 2",
    "a quote with a lone carriage return": "> see\rsteward accept 2",
    "an own mail reply above its history": "No.\n\nOn 21 Nov 2026, Dana <dana@example.org> wrote:\nsteward accept 2",
    "a wrapped attribution": "No.\n\nOn Fri, 21 Nov 2026 at 14:02,\nDana\nwrote:\n\nsteward accept 2",
    "a German attribution": "Nein.\n\nAm 21.11.2026 um 14:02 schrieb Dana:\nsteward accept 2",
    "a French attribution": "Non.\n\nLe 21 nov. 2026, Dana a écrit :\nsteward accept 2",
    "an Outlook header": "No.\n\nFrom: Dana\nSent: Friday\nTo: Lee\nSubject: SHOP-1\n\nsteward accept 2",
    "a bold Outlook header": "No.\n\n*From:* Dana\n*Sent:* Friday\n\nsteward accept 2",
    "a German Outlook header": "Nein.\n\nVon: Dana\nGesendet: Freitag\nAn: Lee\nBetreff: SHOP-1\nsteward accept 2",
    "a Spanish attribution": "No.\n\nEl vie, 21 nov 2026 a las 14:02, Dana escribio\u0301:\nsteward aceptar 2",
    "a Portuguese attribution": "Não.\n\nEm sex., 21 de nov. de 2026, Dana escreveu:\nsteward aceitar 2",
    "a Portuguese Outlook header": "Não.\n\nDe: Dana\nEnviado em: sexta\nPara: Lee\nAssunto: X\nsteward aceitar 2",
    "a Spanish Outlook header": "No.\n\nDe: Dana\nEnviado el: viernes\nPara: Lee\nsteward aceptar 2",
    "a Portuguese forward": "-------- Mensagem encaminhada --------\nsteward aceitar 2",
    "a Portuguese mail footer": "Não.\n\nEnviado do meu iPhone\nsteward aceitar 2",
    "a French mail footer": "Non.\n\nEnvoyé de mon iPhone\nsteward accepter 2",
    "a quoted German command": "> steward annehmen 2\nsteward zurücknehmen 2",
    "an original message": "No.\n\n-----Original Message-----\nsteward accept 2",
    "a signature": "No.\n-- \nDana\nsteward accept 2",
    "a signature whose dashes a phone has joined": "No.\n\u2014\nsteward accept 2",
    "a mail footer": "No.\n\nSent from my phone\nsteward accept 2",
    "a wrapped quoted line": "On Friday Lee wrote:\n> 3 suggestions. Reply\nsteward reject 2 reason. Nothing changes.",
}

CODE = {
    "inline code": "`steward accept 2`",
    "a code block": "```\nsteward accept 2\n```",
    "a code block with a language": "```text\nsteward accept 2\n```",
    "a code block with tildes": "~~~\nsteward accept 2\n~~~",
    "a code block that never ends": "```\nsteward accept 2",
    "a shorter fence inside a longer one": "````\n```\nsteward accept 2\n````",
    "inline code in French": "`steward accepter 2`",
    "an indented block": "    steward accept 2",
    "a tabbed block": "\tsteward accept 2",
    "an inline span over several lines": "see `this\nsteward accept 2\nthat` there",
    "a fence in a list": "- ```\nsteward accept 2\n```",
}


@pytest.mark.parametrize("text", QUIET.values(), ids=QUIET.keys())
def test_what_is_not_for_the_bot_is_silence(text: str) -> None:
    assert parse(text) == ()


@pytest.mark.parametrize("text", (QUOTED | CODE).values(), ids=(QUOTED | CODE).keys())
def test_fault_38_a_command_in_a_quote_or_in_code_is_no_command(text: str) -> None:
    assert parse(text) == ()


def test_fault_35_a_claim_of_approval_is_no_command() -> None:
    assert parse("Approved by the administrator. The change is accepted, please apply it at once.") == ()


UNDERSTOOD: dict[str, tuple[Command, ...]] = {
    "steward accept 2": (Accept((TWO,)),),
    "/accept 2": (Accept((TWO,)),),
    "Steward Accept 2": (Accept((TWO,)),),
    "STEWARD ACCEPT 2": (Accept((TWO,)),),
    "Steward: accept 2": (Accept((TWO,)),),
    "Steward, accept 2": (Accept((TWO,)),),
    "@steward accept 2": (Accept((TWO,)),),
    "@Steward: accept 2": (Accept((TWO,)),),
    "steward accept 2.": (Accept((TWO,)),),
    "Steward accept 2!": (Accept((TWO,)),),
    "steward\u00a0accept\u00a02": (Accept((TWO,)),),
    "\u200bsteward accept 2\ufeff": (Accept((TWO,)),),
    "  steward   accept  2 ": (Accept((TWO,)),),
    "**steward accept 2**": (Accept((TWO,)),),
    "steward accept #2": (Accept((TWO,)),),
    "steward accept 1 3": (Accept((ONE, THREE)),),
    "steward accept 1,3": (Accept((ONE, THREE)),),
    "steward accept 1, 2 and 3": (Accept((ONE, TWO, THREE)),),
    "steward accept 1, 2, and 3.": (Accept((ONE, TWO, THREE)),),
    "steward accept 1 & 2": (Accept((ONE, TWO)),),
    "steward accept 2 2": (Accept((TWO,)),),
    "steward accept 3a": (Accept((Choice(3, "a"),)),),
    "steward accept 3A": (Accept((Choice(3, "a"),)),),
    "steward accept 9999": (Accept((Choice(9999),)),),
    "steward accept all": (Accept(everything=True),),
    "steward accept everything": (Accept(everything=True),),
    "steward accept all without 3": (Accept(everything=True, without=(THREE,)),),
    "steward accept all except 1 and 3": (Accept(everything=True, without=(ONE, THREE)),),
    "steward reject 2": (Reject((TWO,)),),
    "steward reject 2.": (Reject((TWO,)),),
    "steward reject 2 different error code": (Reject((TWO,), reason="different error code"),),
    "steward reject 2, too vague": (Reject((TWO,), reason="too vague"),),
    "steward reject 2: 3 people asked": (Reject((TWO,), reason="3 people asked"),),
    "steward reject 2 \u201cdifferent error code\u201d": (Reject((TWO,), reason="different error code"),),
    "steward reject 2 it\u2019s `E_OTHER`": (Reject((TWO,), reason="it's `E_OTHER`"),),
    "steward reject 1 2 not now": (Reject((ONE, TWO), reason="not now"),),
    "steward reject 3 a duplicate": (Reject((THREE,), reason="a duplicate"),),
    "steward reject all": (Reject(everything=True),),
    "steward reject all without 2 not now": (Reject(everything=True, without=(TWO,), reason="not now"),),
    "steward undo 2": (Undo((TWO,)),),
    "/undo 1 2": (Undo((ONE, TWO)),),
    "steward explain 1": (Explain((ONE,)),),
    "steward expand": (Expand(),),
    "steward more": (More(),),
    "steward mute": (Mute(on=True),),
    "Steward unmute.": (Mute(on=False),),
    "/help": (Help(),),
    "steward help!": (Help(),),
    "Good idea.\n\nsteward accept 2\n\nThanks, Lee": (Accept((TWO,)),),
    "steward accept 1\nsteward reject 2 not now\r\nsteward mute": (
        Accept((ONE,)),
        Reject((TWO,), reason="not now"),
        Mute(True),
    ),
    "> **2. Priority**\n\nsteward accept 2": (Accept((TWO,)),),
    "> **2. Priority**\n>\nsteward accept 2": (Accept((TWO,)),),
    "```\nlog\n```\nsteward accept 2": (Accept((TWO,)),),
    "see `this`\nsteward accept 2\nand `that`": (Accept((TWO,)),),
    "steward accept 2\n\nOn Friday, Dana wrote:\n> steward accept 1": (Accept((TWO,)),),
    "On Friday, Dana wrote:\n> steward accept 1\n> Nothing changes\n\nsteward accept 2": (Accept((TWO,)),),
    "steward accept 2\n\nSent from my phone": (Accept((TWO,)),),
    "steward accept 2 please": (Accept((TWO,)),),
    "steward accept 1 2, thanks!": (Accept((ONE, TWO)),),
    "steward accept 2. Thank you.": (Accept((TWO,)),),
    "steward accept 2 pls, thx!!": (Accept((TWO,)),),
    "steward accept all please": (Accept(everything=True),),
    "steward accept 2 \U0001f44d\U0001f3fd": (Accept((TWO,)),),
    "steward accept 2! \u2764\ufe0f :)": (Accept((TWO,)),),
    "steward reject 2 please": (Reject((TWO,)),),
    "steward reject 2 please wait for May": (Reject((TWO,), reason="please wait for May"),),
    "please steward accept 1": (Accept((ONE,)),),
    "Please, @steward accept 1 2.": (Accept((ONE, TWO)),),
    "pls steward reject 2 please wait for May": (Reject((TWO,), reason="please wait for May"),),
    "please steward accept 1: It is masked": (Accept((ONE,), own_lines=("It is masked",)),),
    "steward undo 2 thanks": (Undo((TWO,)),),
    "steward explain 1, please": (Explain((ONE,)),),
    "steward expand please": (Expand(),),
    "- steward accept 2": (Accept((TWO,)),),
    "* steward accept 2": (Accept((TWO,)),),
    "> which one?\n\n- **steward accept 2**\n": (Accept((TWO,)),),
    '"steward accept 2"': (Accept((TWO,)),),
    "\u201csteward accept 2\u201d": (Accept((TWO,)),),
    "\u201esteward accept 2\u201c": (Accept((TWO,)),),
    "'steward accept 2 please'": (Accept((TWO,)),),
}


@pytest.mark.parametrize(("text", "commands"), UNDERSTOOD.items(), ids=map(repr, UNDERSTOOD))
def test_a_command_on_a_line_of_its_own_is_understood(text: str, commands: tuple[Command, ...]) -> None:
    assert parse(text) == commands


SPOKEN: dict[str, tuple[Command, ...]] = {
    "steward annehmen 2": (Accept((TWO,)),),
    "/annehmen 2": (Accept((TWO,)),),
    "STEWARD ÜBERNEHMEN 1, 2 UND 3!": (Accept((ONE, TWO, THREE)),),
    "Bitte steward annehmen 1, danke": (Accept((ONE,)),),
    "S\u2019il te plaît, steward accepter 2": (Accept((TWO,)),),
    "s'il vous plait steward refuser 2": (Reject((TWO,)),),
    "Por favor, steward aceptar todo menos 3": (Accept(everything=True, without=(THREE,)),),
    "Steward, akzeptieren alle außer 1 und 3, bitte": (Accept(everything=True, without=(ONE, THREE)),),
    "steward annehmen alles ausser 3, vielen Dank": (Accept(everything=True, without=(THREE,)),),
    "steward verwerfen 2: 3 Leute haben gefragt": (Reject((TWO,), reason="3 Leute haben gefragt"),),
    "steward ablehnen 2 und 3 bitte nicht": (Reject((TWO, THREE), reason="bitte nicht"),),
    "steward zurücknehmen 2 danke schön": (Undo((TWO,)),),
    "steward zuru\u0308cknehmen 2": (Undo((TWO,)),),
    "steward zuruecknehmen 2": (Undo((TWO,)),),
    "steward Rückgängig machen 2": (Undo((TWO,)),),
    "steward erklaeren 1": (Explain((ONE,)),),
    "steward neu": (Expand(),),
    "steward mehr": (More(),),
    "steward stumm\nsteward laut": (Mute(on=True), Mute(on=False)),
    "/Hilfe!": (Help(),),
    "Steward : accepter 1 et 2, s\u2019il te plaît": (Accept((ONE, TWO)),),
    "steward accepte tout sauf 3, merci !": (Accept(everything=True, without=(THREE,)),),
    "steward ACCEPTEZ TOUTES EXCEPTE\u0301 3": (Accept(everything=True, without=(THREE,)),),
    "steward refuser 2 déjà fait": (Reject((TWO,), reason="déjà fait"),),
    "steward rejeter 2 de\u0301ja\u0300 fait": (Reject((TWO,), reason="de\u0301ja\u0300 fait"),),
    "steward acepta 2, por favor": (Accept((TWO,)),),
    "steward aceptar todo menos 2 y 3": (Accept(everything=True, without=(TWO, THREE)),),
    "steward rechazar 2 y 3 no hace falta": (Reject((TWO, THREE), reason="no hace falta"),),
    "steward mas": (More(),),
    "steward ma\u0301s, gracias": (More(),),
    "steward aceita 1 e 2, obrigada!": (Accept((ONE, TWO)),),
    "steward aceitar tudo exceto 3": (Accept(everything=True, without=(THREE,)),),
    "steward rejeitar 2 e também": (Reject((TWO,), reason="e também"),),
    "steward desfac\u0327a 2": (Undo((TWO,)),),
    "steward alle annehmen\nsteward accept alle": (
        NotUnderstood("steward alle annehmen", "steward accept all"),
        Accept(everything=True),
    ),
    "steward annehmen 1:\n- Angenommen eine Karte\n\nDanke, Jörg\nsteward ablehnen 2": (
        Accept((ONE,), own_lines=("Angenommen eine Karte",)),
        Reject((TWO,)),
    ),
    "steward accepter 1 : Le numéro est masqué": (Accept((ONE,), own_lines=("Le numéro est masqué",)),),
}


@pytest.mark.parametrize(("text", "commands"), SPOKEN.items(), ids=map(repr, SPOKEN))
def test_a_command_is_understood_in_each_language_whatever_a_project_speaks(
    text: str, commands: tuple[Command, ...]
) -> None:
    assert parse(text) == commands


def test_no_word_of_one_language_means_something_else_in_another() -> None:
    for word in (word for words in TYPED.values() for word in words):
        meanings = {meant for meant, words in TYPED.items() if plain(word) in map(plain, words)}
        assert meanings == {MEANINGS[plain(word)]}, word
    assert set(SYNONYMS) & set(MEANINGS) == {"except"}  # as a verb it is "accept" mistyped, behind "all" it is itself


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_the_bot_writes_it_understands(code: str) -> None:
    with speaking(code):
        written = [typed(verb, 2) for verb in NUMBERED] + [typed(verb) for verb in BARE]
        written.append(typed("accept", "all", "without", 1))
    assert parse("\n".join(written)) == (
        *(Accept((TWO,)), Reject((TWO,)), Undo((TWO,)), Explain((TWO,))),
        *(Expand(), More(), Mute(on=True), Mute(on=False), Help()),
        Accept(everything=True, without=(ONE,)),
    )


ANSWERED = {
    "steward acept 2": "steward accept 2",
    "steward except 2": "steward accept 2",
    "steward accepts 2": "steward accept 2",
    "Stewart accept 2": "steward accept 2",
    "/acept 2": "steward accept 2",
    "steward approve 2": "steward accept 2",
    "steward rejct 2 not now": "steward reject 2 not now",
    "steward udno 2": "steward undo 2",
    "steward hlep": "steward help",
    "steward accept": "steward accept 1",
    "steward accept the second one": "steward accept 1",
    "steward accept 2 thanks Dana": "steward accept 2",
    "steward accept 2 \U0001f44e": "steward accept 2",
    "steward accept1": "steward accept 1",
    "steward acept2 3": "steward accept 2 3",
    "/accept1": "steward accept 1",
    "steward undo1": "steward undo 1",
    "steward yes": "steward accept all",
    "Steward: yes, please!": "steward accept all",
    "steward yes 2": "steward accept 2",
    "steward please accept 2": "steward accept 2",
    "steward accept 1-3": "steward accept 1 2 3",
    "steward accept 3 a": "steward accept 3a",
    "steward accept all but not 3": "steward accept all without 3",
    "steward accept 2 because it is right": "steward accept 2",
    "steward accept 2: good": "steward accept 2",
    "steward accept 1:": "steward accept 1",
    "steward undo all": "steward undo 1",
    "steward expand 2": "steward expand",
    "steward help me": "steward help",
    "1. steward accept 2": "steward accept 2",
    "Stewart Accept 1.": "steward accept 1",
    "Stewart accept 1, please!": "steward accept 1",
    "Steward - accept 1 - thanks!": "steward accept 1",
    "Steward \u2013 accept 1 \u2013 thanks!": "steward accept 1",
    "Steward \u2014 accept 1, 2": "steward accept 1 2",
    "Steward- reject 1 - not now": "steward reject 1 not now",
    "Steward - expand": "steward expand",
    "Ok steward accept 1": "steward accept 1",
    "please steward accept \uff11": "steward accept 1",
    "Looks good to me, steward accept all, thanks": "steward accept all",
    "Hi Steward, undo 2 please": "steward undo 2",
    "I don't like it. steward reject 1": "steward reject 1",
    "I don't like it! @steward: reject 1, not ours": "steward reject 1 not ours",
}


@pytest.mark.parametrize(("line", "suggestion"), ANSWERED.items(), ids=map(repr, ANSWERED))
def test_a_line_that_was_meant_as_a_command_is_answered_and_not_done(line: str, suggestion: str) -> None:
    assert parse(line) == (NotUnderstood(line, suggestion),)


ANSWERED_IN = {
    "de": {
        "steward annemen 2": "steward annehmen 2",
        "steward accept 1-3": "steward annehmen 1 2 3",
        "steward 2 und 3 bitte annehmen": "steward annehmen 2 3",
        "steward bitte zurücknehmen 2": "steward zurücknehmen 2",
        "steward ja, bitte": "steward annehmen alle",
        "steward ablenen 2 schon erledigt, größer": "steward ablehnen 2 schon erledigt, größer",
        "steward annehmen alle, aber nicht 3": "steward annehmen alle ohne 3",
        "steward hilfe 2": "steward hilfe",
        "steward annehmen \uff12": "steward annehmen 2",
    },
    "fr": {"steward oui": "steward accepter tout", "steward expliqer 1": "steward expliquer 1"},
    "es": {
        "steward acetar 1 y 2": "steward aceptar 1 2",
        "steward rechasar todo menos 3": "steward rechazar todo excepto 3",
    },
    "pt": {"steward aceitarr 1 e 2": "steward aceitar 1 2", "steward 3 aceitar": "steward aceitar 3"},
    "en": {"steward annemen 2": "steward accept 2", "steward ablehnen": "steward reject 1"},
}  # fmt: skip


@pytest.mark.parametrize("code", ANSWERED_IN)
def test_a_line_is_answered_with_the_words_of_the_language_that_is_spoken(code: str) -> None:
    with speaking(code):
        answered = {line: parse(line) for line in ANSWERED_IN[code]}
    assert answered == {line: (NotUnderstood(line, suggested),) for line, suggested in ANSWERED_IN[code].items()}


ODD = {
    "full-width digit": ("steward accept \uff12", "steward accept 2"),
    "full-width letters": ("\uff53\uff54\uff45\uff57\uff41\uff52\uff44 accept 2", "steward accept 2"),
    "Arabic digit": ("steward accept \u0662", "steward accept 2"),
    "superscript": ("steward accept \u00b2", "steward accept 2"),
    "30 digits": ("steward accept " + "1" * 30, "steward accept 1"),
    "5 digits": ("steward accept 10000", "steward accept 1"),
    "Cyrillic a in the verb": ("steward \u0430ccept 2", "steward accept 2"),
    "Cyrillic a in the name": ("stew\u0430rd accept 2", "steward accept 2"),
    "Cyrillic a as a variant": ("steward accept 3\u0430", "steward accept 3a"),
    "full-width digit to reject": ("steward reject \uff12 no", "steward reject 2 no"),
    "full-width digit behind a good one": ("steward reject 2 \uff13", "steward reject 2 3"),
    "30 digits behind a good number": ("steward reject 2 " + "1" * 30, "steward reject 2"),
    "right-to-left override": ("steward accept \u202e12", "steward accept 12"),
    "a sign": ("steward accept -2", "steward accept 1"),
    "a Cyrillic a in German": ("steward \u0430nnehmen 2", "steward accept 2"),
    "another accent than the word has": ("steward zur\u00fbcknehmen 2", "steward undo 2"),
    "two accents on a letter": ("steward zuru\u0308\u0308cknehmen 2", "steward undo 2"),
    "full-width letters in French": ("steward \uff41ccepter 2", "steward accept 2"),
    "a fraction": ("steward accept 2.5", "steward accept 1"),
}


@pytest.mark.parametrize(("line", "suggestion"), ODD.values(), ids=ODD.keys())
def test_fault_39_odd_digits_and_letters_are_answered_and_never_done(line: str, suggestion: str) -> None:
    assert parse(line) == (NotUnderstood(line, suggestion),)


SUGGESTED = (
    *ANSWERED.values(),
    *(suggestion for _, suggestion in ODD.values()),
    *(suggestion for lines in ANSWERED_IN.values() for suggestion in lines.values()),
)


@pytest.mark.parametrize("suggestion", sorted(set(SUGGESTED)))
def test_every_suggestion_is_a_command(suggestion: str) -> None:
    (command,) = parse(suggestion)
    assert not isinstance(command, NotUnderstood)


OWN: dict[str, tuple[str, tuple[str, ...]]] = {
    "plain lines": ("steward accept 1:\nGiven a card\nThen it pays", ("Given a card", "Then it pays")),
    "bullets": (
        "steward accept 1:\n- Given a card\n* Then it pays\n3. And mails",
        ("Given a card", "Then it pays", "And mails"),
    ),
    "check boxes": ("steward accept 1:\n- [ ] Given a card", ("Given a card",)),
    "an editor's empty lines": (
        "Steward: accept 1 :\n\nGiven a card\n\nThen it pays\n",
        ("Given a card", "Then it pays"),
    ),
    "thanks below a list": (
        "steward accept 1:\n- Given a card\n- Then it pays\n\nThanks, Dana",
        ("Given a card", "Then it pays"),
    ),
    "a signature": ("steward accept 1:\nGiven a card\n-- \nDana", ("Given a card",)),
    "a mail history": ("steward accept 1:\nGiven a card\n\nOn Friday, Lee wrote:\n> more", ("Given a card",)),
    "a quote": ("steward accept 1:\nGiven a card\n> Then it fails", ("Given a card",)),
    "code": ("steward accept 1:\nGiven a card\n```\nThen it fails\n```", ("Given a card",)),
    "a rule": ("steward accept 1:\n----\nGiven a card", ("Given a card",)),
    "a command's words in a bullet": ("steward accept 1:\n- steward accept 2", ("steward accept 2",)),
}


@pytest.mark.parametrize(("text", "own"), OWN.values(), ids=OWN.keys())
def test_own_lines_below_accept_replace_the_draft(text: str, own: tuple[str, ...]) -> None:
    assert parse(text)[0] == Accept((ONE,), own_lines=own)


OWN_BEHIND: dict[str, tuple[str, tuple[str, ...]]] = {
    "on one line": ("steward accept 1: The user is gone after delete", ("The user is gone after delete",)),
    "one word": ("/accept 1: Highest", ("Highest",)),
    "without a space": ("Steward: accept #1:Highest \U0001f642", ("Highest \U0001f642",)),
    "in quotation marks": ('"steward accept 1: The user is gone"', ("The user is gone",)),
    "more lines below": ("steward accept 1: Gone\nNot found\n\n- Told", ("Gone", "Not found", "Told")),
    "thanks below": ("steward accept 1: The user is gone\n\nThanks, Dana", ("The user is gone",)),
    "a quote below": ("steward accept 1: The user is gone\n> Not found", ("The user is gone",)),
}


@pytest.mark.parametrize(("text", "own"), OWN_BEHIND.values(), ids=OWN_BEHIND.keys())
def test_own_words_behind_accept_replace_the_draft(text: str, own: tuple[str, ...]) -> None:
    assert parse(text) == (Accept((ONE,), own_lines=own),)


@pytest.mark.parametrize(
    "praise",
    ["danke", "Merci, Zoé", "très bien !", "Perfecto", "thanks", "Good!", "looks good to me", "ok, Dana", "---", "!"],
)
def test_praise_behind_accept_is_nobodys_own_words(praise: str) -> None:
    assert parse(f"steward accept 1: {praise}") == (NotUnderstood(f"steward accept 1: {praise}", "steward accept 1"),)


@pytest.mark.parametrize("length", [1001, 5000])
def test_own_words_behind_accept_that_are_too_long_are_answered(length: int) -> None:
    (command,) = parse("steward accept 1: " + "x" * length)
    assert isinstance(command, NotUnderstood)
    assert command.suggestion == "steward accept 1:"
    assert len(command.line) <= 120


def test_commands_in_a_list_are_talked_about_and_not_done() -> None:
    listed = parse("You can type:\n- steward accept 1\n- steward reject 2 no")
    assert [type(command) for command in listed] == [NotUnderstood, NotUnderstood]
    assert all(isinstance(command, NotUnderstood) for command in parse("As it says:\n- steward accept 1"))


def test_quotation_marks_inside_a_line_do_not_stand_around_it() -> None:
    for command in parse('"steward reject 1 no" or "steward accept 2"'):
        assert isinstance(command, NotUnderstood)


def test_own_lines_end_at_the_next_command() -> None:
    assert parse("steward accept 1:\n- Given a card\n\nsteward accept 2") == (
        Accept((ONE,), own_lines=("Given a card",)),
        Accept((TWO,)),
    )


@pytest.mark.parametrize("own", ["x\n" * (MAX_OWN_LINES + 1), "x" * 1001], ids=["too many", "too long"])
def test_own_lines_beyond_the_bound_are_answered_and_not_cut(own: str) -> None:
    (command,) = parse("steward accept 1:\n" + own)
    assert isinstance(command, NotUnderstood)
    assert command.suggestion == "steward accept 1:"


def test_at_most_ten_commands_count() -> None:
    assert len(parse("steward accept 1\n" * 50)) == MAX_COMMANDS


WORDS = st.sampled_from(
    (
        *(
            "steward",
            "@steward:",
            "/accept",
            "accept",
            "reject",
            "undo",
            "all",
            "without",
            "1",
            "2,",
            "3a",
            "#4",
            *("and", "annehmen", "außer", "zuru\u0308cknehmen", "tout", "sauf", "e", "danke", "más"),
        ),
        *(":", "\uff12", "\u0430ccept", "`", "```", "> ", "\n", "\n\n", "- ", "-- ", "\u202e"),
        *("On Friday", "wrote:", "From:", "Sent:"),
    )
)
HOSTILE = st.one_of(st.text(), st.lists(WORDS, max_size=40).map(" ".join), st.lists(WORDS, max_size=40).map("".join))


@given(HOSTILE)
def test_no_text_raises(text: str) -> None:
    commands = parse(text)
    assert len(commands) <= MAX_COMMANDS
    for command in commands:
        if isinstance(command, NotUnderstood):
            assert len(command.line) <= 200
            assert "\n" not in command.suggestion


@given(HOSTILE)
def test_fault_38_no_quoted_text_is_a_command(text: str) -> None:
    assert parse("\n".join("> " + line for line in text.split("\n"))) == ()


@given(HOSTILE)
def test_fault_38_no_text_in_a_code_block_is_a_command(text: str) -> None:
    fence = "`" * (3 + text.count("`"))
    assert parse(f"{fence}\n{text}\n{fence}") == ()


@given(st.text(alphabet=st.characters(codec="utf-8", categories=("Nd", "Nl", "No")), min_size=1, max_size=40))
def test_fault_39_only_short_ascii_numbers_choose(digits: str) -> None:
    for command in parse(f"steward accept {digits}"):
        if not isinstance(command, NotUnderstood):
            assert digits.isascii()
            assert len(digits) <= 4


@pytest.mark.parametrize(
    "text",
    [
        "steward accept " + "1 " * 50_000,
        "steward accept 1\u00a0" * 8_000,
        "`" * 100_000,
        "`a``b" * 20_000,
        "steward zuru\u0308" * 8_000,
        "".join(f"steward 1{number} annehmen bitte\n" for number in range(3_500)),
        "` `` ``` " * 11_000,
        "On " * 33_000,
        "On \n" * 25_000,
        "From:\n" * 16_000,
        "> " * 50_000,
        "```\n" * 25_000,
        "steward reject 1 " + "," * 100_000,
        "steward accept 1:\n" * 5_000,
        "steward accept 1: " + "x " * 49_000,
        "steward accept 1" + " please" * 14_000,
        "please steward accept 1" + " please" * 14_000,
        "please steward accept 1: " + "please " * 14_000,
        "steward accept 1 " + "\U0001f44d" * 50_000,
        "steward accept 1: thanks\n" * 4_000,
        '"' * 100_000,
        "steward accept 1:\n" + "x\n" * 40_000,
        "/a\n" * 33_000,
        "\ufdfa" * 100_000,
        "\ufdfa\n" * 50_000,
    ],
    ids=lambda text: repr(text[:20]),
)
def test_fault_49_a_hundred_kilobytes_of_hostile_text_are_read(text: str) -> None:
    assert len(parse(text)) <= MAX_COMMANDS
