"""Which texts count as English: the short ones only where they show it."""

import pytest

from rules.language import is_english
from rules.priority_mismatch import check as priority
from rules.sections import section_of
from rules.vague_description import check as vague

OTHERS = [
    "",
    "Il pagamento non funziona\nNon funziona. Potete sistemare?",
    "La recherche ne marche pas",
    "Zoeken werkt niet",
    "Bestelling mislukt",
    "Bitte dringend: Bezahlen geht nicht\nGeht nicht mehr",
    "Kasse kaputt",
    "Checkout kaputt\nBitte reparieren",
    "Error al pagar\nNo funciona",
    "No puedo entrar",
    "O pagamento nao funciona\nNao funciona mais",
    "Nie dziala platnosc\nProsze o pomoc, nie moge sie zalogowac do systemu od rana i nie wiem co robic",
    "Kan ikke logge ind",
    "Frobnicator Zuul",
]
ENGLISH = [
    "Checkout broken",
    "Login broken\npls fix",
    "Search is slow",
    "Nobody can log in",
    "production down for all customers",
    "Typo in the footer",
    "Buyers are charged twice",
    "Voucher not accepted",
    "It doesn\u2019t load",
    "As a buyer, I want to save my card, so that I can pay faster",
]


@pytest.mark.parametrize("text", OTHERS[1:])
def test_other_languages_are_not_taken_for_english(text) -> None:
    assert not is_english(text)


@pytest.mark.parametrize("text", [text for text in OTHERS if "\n" in text])
@pytest.mark.parametrize("check", [vague, priority])
def test_rules_are_silent_on_short_texts_in_other_languages(make_item, context, check, text) -> None:
    summary, description = text.split("\n", 1)
    assert list(check(make_item(summary=summary, description=description, priority="Low"), context)) == []


@pytest.mark.parametrize("text", ENGLISH)
def test_short_english_is_known(text) -> None:
    assert is_english(text)


HEADINGS = {
    "steps": (
        "Steps to reproduce",
        "Schritte zum Nachstellen",
        "Étapes pour reproduire :",
        "Pasos para reproducir",
        "Passos para reproduzir",
    ),
    "expected": (
        "Expected result",
        "Erwartetes Verhalten",
        "Résultat attendu",
        "Comportamiento esperado",
        "Resultado esperado",
    ),
    "actual": (
        "Actual result",
        "Tatsächliches Ergebnis",
        "Comportement constaté",
        "Resultado actual",
        "Comportamento atual",
    ),
    None: ("Actualités", "Was nun", "Criterio", "Passage"),
}


@pytest.mark.parametrize(("section", "headings"), HEADINGS.items())
def test_the_headings_of_report_forms_are_known_in_every_language(section, headings) -> None:
    assert [section_of(heading) for heading in headings] == [section] * len(headings)
