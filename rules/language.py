"""Whether a text is in a language whose words the rules know; where it is not, they stay silent."""

from __future__ import annotations

from rules.reading import words

_FUNCTION_WORDS = """
    the and are be been but does doesn't doesnt cannot can't cant could did didn't didnt don't dont each every from
    have having how if isn't isnt it its it's into need needs nobody nothing of only other our please pls should
    shouldn't than that their them then there these they this those to too was wasn't were what when where which while
    who why with without won't wont would wouldn't you your after again all also any anymore always because before
    between during everyone everything i'm i've i'll never not now once out someone since something still until whenever
"""
_AMBIGUOUS_WORDS = "a an is in on for as at by has do no will so my we i must can or use add"
_BACKLOG_WORDS = """
    ability access account add added adding address allow allows appear appears attached available avoid back bad
    behaviour behavior better blank blocked box break breaks broken broke bug build building button buttons buyer
    buyers called calling card cards cart change changed changes check checked clean click clicked clicking close
    closed closes code comes complete confirm correct correctly crashed crashes crashing create created creates
    creating customer customers cut data date delete deleted deletes different disabled disappear disappears display
    displayed docs documentation doesn down download duplicate empty enable error errors event events everybody
    expected fail failed failing fails failure false feature field fields file files find fix fixed flickers flow
    folder found freezes frozensting give gives goes gone guide handle handling hang hanging hangs happens help hide
    implement improve improved improvement improvements incorrect incorrectly instead invalid invoice invoices issue
    issues item items keep keyboard keys lag lags layout link links list load loaded loading loads log long look looks
    lose loses lost mail make makes many memory message messages method misaligned misspelled missing move moved
    multiple name names network new nothing number numbers off old open opened opening opens order orders output
    outage page pages pay paying payment payments performance press pressed price prices problem properly properties
    property push random randomly read receipt refactor refund reload remove removed rename replace request required
    response return returned returns review right row rows run running runs save saved saves saving screen scroll
    scrolling search send sending sent set setting settings setup shipping show showing shown shows side sign sites
    size slow slowly sometimes speed spelling start started starting starts startup stop stopped stops store support
    supported supports take takes test tests text throws time times title too total totals track tracking translate
    trying turn typo typos unable undefined unexpected unit unknown unresponsive update updated updates updating
    upgrade upload used user users using value values view visible voucher vouchers warning warnings way web website
    width window work working works write wrong
"""
_WORDS_ALSO_ELSEWHERE = """
    account bad box button card code data event feature folder guide item layout link links list load log long mail
    many message method multiple name names network off old order page pages performance problem random return review
    row run screen set setting settings setup side sites start stop store support test tests text title total totals
    track tracking trying unit update updates upgrade upload user value view voucher vouchers web website website's
    was not error errors fix all these if any bug file files date it its back flow invalid open note site it's an push
    scroll speed show time times size break cart download
"""
_NOUNS_WORDS = """
    account address buyer buyers card cards cart documentation invoice invoices keyboard layout memory network payment
    payments performance receipt refund settings shipping spelling tracking upgrade upload voucher vouchers
"""
_OTHER_LANGUAGES = """
    aber alle allem als auch auf aus bei beim bitte das dass dem den der des ein eine einem einen einer es fehlt
    funktioniert fuer geht gibt hat ich ihr ist kann kaputt kein keine leider mehr mit nach nicht noch nur oder sehr
    seit sich sie sind und uns vom von vor weil wenn werden wie wieder wird wir zu zum zur aan bij dat deze doet een
    er gaat geen het hier ik is kapot kunnen maar meer met naar niet nog om ook te uit van voor waar wanneer wel werkt
    wordt ze zijn au aux avec ce cela cette comme dans de du elle en est et fait fonctionne il ils je la le les leur
    lorsque mais marche ne nous ou par pas peut quand qui sa se ses son sont sur un une vous al alla anche che chi da
    dal del della delle di dopo e gli funziona i lo ma nei nel nella o ogni per potete quando quello questa questo si
    sono sul sulla una va algo cuando desde el esta este funciona hay las los mas muy nada no para pero por puede que
    sin sobre su y ya ao aos as do dos em foi isso na nao nas nos pelo sem ser tem um uma voce ale byc czy dla dziala
    gdy jak jest jesli juz mozna nie od po prosze przy tego to tylko w we wszystkie z za af at det efter eller ett fra
    fungerar fungerer har hvis ikke inte jag jeg kan med nar og och pa som til till vi virker bir bu calismiyor degil
    icin ile ve yok
"""


def _set(*texts: str) -> frozenset[str]:
    return frozenset(word for text in texts for word in text.split())


_FUNCTION = _set(_FUNCTION_WORDS) - {"was", "not", "if", "all", "to", "of", "it"}
_USUAL = _set(_FUNCTION_WORDS, _BACKLOG_WORDS, _AMBIGUOUS_WORDS)
_ONLY_ENGLISH = _FUNCTION | (_set(_BACKLOG_WORDS) - _set(_WORDS_ALSO_ELSEWHERE))
_NOUNS = _set(_NOUNS_WORDS)
_FOREIGN = _set(_OTHER_LANGUAGES) - _USUAL
_RUNNING = _set(_FUNCTION_WORDS, _AMBIGUOUS_WORDS, "fix")
_HALF_SURE = frozenset({"to", "for", "not", "of", "it", "all", "if", "is", "in", "on", "by"})
"""Words that a neighbouring language has too: two of them count as one."""
_SHORT = 12


def is_usual(word: str) -> bool:
    """Whether a lower-case word is one that any English report may hold, and so tells nothing about this one."""
    return word in _USUAL and word not in _NOUNS


def is_english(text: str) -> bool:
    """Whether the text reads as English; a short one must hold words that are English and nothing else."""
    found = [word.casefold().replace("\u2019", "'") for word in words(text[:4000])]
    if not found:
        return not any(char.isalpha() and not char.isascii() for char in text[:4000])
    if sum(word.isascii() for word in found) < 0.7 * len(found):
        return False
    foreign = sum(word in _FOREIGN for word in found)
    certain = sum(map(_is_certain, found)) + sum(word in _HALF_SURE for word in found) // 2
    if len(found) < _SHORT:
        return certain > foreign
    running = sum(word in _RUNNING for word in found)
    return running >= 0.1 * len(found) and certain > foreign


def _is_certain(word: str) -> bool:
    if word in _ONLY_ENGLISH or word.endswith("n't"):
        return True
    # "accepted", but not "gebied" or "hastighed".
    return len(word) > 5 and word.endswith("ed") and not word.endswith(("oed", "bied", "ghed"))
