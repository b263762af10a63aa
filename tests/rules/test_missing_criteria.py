"""When acceptance criteria are missing, and what is drafted."""

import pytest

from rules.missing_criteria import check

STORY = "As a buyer, I want to save my card, so that I can pay faster"


@pytest.mark.parametrize(
    ("kind", "description", "field"),
    [
        ("Bug", "The total should be right.", ""),
        ("Story", "The total should be right.", "- the total is right"),
        ("Story", "# Acceptance criteria\n- the total is right", ""),
        ("Story", "AC:\n- the total is right", ""),
        ("Story", "Given a cart, when it is paid, then a receipt is sent. It should be quick to read.", ""),
        ("Story", "Given a cart\nWhen it is paid\nThen a receipt should be sent", ""),
        ("Story", "- [ ] the total must be right\n- [x] a receipt must be sent", ""),
        ("Story", "Akzeptanzkriterien:\n- Die Summe stimmt", ""),
        ("Story", "Let us look at the cart.", ""),
        ("Story", "This should be easy. Should we ask Kim? We should discuss it.", ""),
        ("Story", "> The vendor says the total must be right.", ""),
    ],
)
def test_is_silent_where_criteria_exist_or_nothing_can_be_drawn(make_item, context, kind, description, field) -> None:
    item = make_item(type=kind, summary="Cart total", description=description, acceptance_criteria=field)
    assert list(check(item, context)) == []


FORMS = {
    "a German heading": "## Akzeptanzkriterien\n- Die Nummer ist verdeckt",
    "a German label": "Abnahmekriterien: die Nummer ist verdeckt",
    "a French heading": "# Critères d’acceptation :\n- Le numéro est masqué",
    "a French heading with accents apart": "# Crite\u0300res d'acceptation\n- Le numéro est masqué",
    "a Spanish heading": "*Criterios de aceptación*\n- El número está oculto",
    "a Portuguese heading": "Critérios de aceite:\n- O número fica oculto",
    "another Portuguese heading": "Critérios de Aceitação\n- O número fica oculto",
    "German steps": "Angenommen eine Karte\nWenn sie gespeichert wird\nDann ist die Nummer verdeckt",
    "a German sentence": "Gegeben eine Karte, wenn sie gespeichert wird, dann ist die Nummer verdeckt",
    "French steps": "- Étant donné une carte\n- Quand on l'enregistre\n- Alors le numéro est masqué",
    "a French sentence": "Étant donné une carte, lorsqu'on l'enregistre, alors le numéro est masqué",
    "Spanish steps": "Dado un carrito\nCuando se paga\nEntonces llega un recibo",
    "a Spanish sentence": "Dada una tarjeta, cuando se guarda, entonces el número está oculto",
    "Portuguese steps": "Dado um carrinho\nQuando é pago\nEntão chega um recibo",
    "a Portuguese sentence with accents apart": "Dado um cartão, quando é salvo, enta\u0303o o número fica oculto",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
def test_criteria_count_in_every_language(make_item, context, form) -> None:
    text = "The card number must be masked in the list of saved cards. The name must be shown beside it."
    assert drafted(make_item, context, description=text)
    assert list(check(make_item(type="Story", description=f"{text}\n\n{form}"), context)) == []


@pytest.mark.parametrize(
    "story",
    [
        "Als Käufer möchte ich meine Karte speichern, damit ich schneller bezahlen kann.",
        "En tant qu'acheteuse, je veux enregistrer ma carte afin de payer plus vite.",
        "Como comprador quiero guardar mi tarjeta para pagar más rápido.",
        "Como comprador, quero salvar meu cartão para pagar mais rápido.",
    ],
)
def test_a_story_in_another_language_without_criteria_is_left_alone(make_item, context, story) -> None:
    assert list(check(make_item(type="Story", summary=story, description=f"{story} " * 8), context)) == []


def drafted(make_item, context, **changes) -> list[tuple[str, bool]]:
    [finding] = check(make_item(**{"type": "Story", "summary": "Cards", **changes}), context)
    return [(criterion.text, criterion.is_assumption) for criterion in finding.change.criteria]


def test_drafts_from_the_story_and_its_own_sentences(make_item, context) -> None:
    text = f"{STORY}. The card number must be masked. It is an old wish. Maybe the name should be shown as well."
    assert drafted(make_item, context, description=text) == [
        ("A buyer can save their card", False),
        ("The card number must be masked", False),
        ("The name should be shown as well", True),
    ]


def test_a_hedged_sentence_is_an_assumption(make_item, context) -> None:
    [(_, assumed)] = drafted(make_item, context, description="Ideally the report should list closed orders too.")
    assert assumed


def test_entries_under_a_demand_are_read_with_it(make_item, context) -> None:
    found = drafted(make_item, context, description="The report must show:\n- the total\n- the tax")
    assert [text for text, _ in found] == ["The report must show: the total", "The report must show: the tax"]


def test_at_most_six_are_drafted(make_item, context) -> None:
    names = ("total", "tax", "buyer", "seller", "currency", "discount", "voucher", "shipping")
    text = " ".join(f"The {name} must be {name}ed by every {name}er." for name in names)
    assert len(drafted(make_item, context, description=text)) == 6


@pytest.mark.parametrize(
    "sentence",
    [
        "The team must decide by Friday.",
        "Our design team should send the texts.",
        "Bob should call Alice.",
        "Bob and Alice must review the texts.",
        "Bob must be informed.",
        "The texts must be there by Friday.",
        "Note: the button must be blue on all pages.",
        "We must decide whether the export must be a file.",
        "It should be fast.",
        "The page must be modern and intuitive.",
        "It should look like the one at Amazon.",
        "The export should work properly!",
        "The page must show https://shop.example.org/cart as it is.",
        "The list @all should show the total.",
        "The mail must go to ada@example.org every day.",
        "The list must <b>not</b> show old orders.",
        "The login must use password=hunter2 for all.",
        "The import should use ghp_16C7e42F292c6912E7 as its token.",
        "Nobody must not see the total.",
        "As a dev, I want password=hunter2 in the setup.",
        "As a dev, I want push notifications.",
        "As a buyer, I want to be sure that nobody can not see my card.",
        "As a user, I want all of it.",
        "As a user, I want a better search.",
    ],
)
def test_plans_wishes_and_foreign_matter_are_not_drafted(make_item, context, sentence) -> None:
    assert list(check(make_item(type="Story", summary="Cart", description=sentence), context)) == []
    kept = [("The total must be shown in the cart", False), ("The tax must be shown on the invoice", False)]
    both = f"The total must be shown in the cart. {sentence} The tax must be shown on the invoice."
    assert drafted(make_item, context, description=both) == kept


@pytest.mark.parametrize(
    ("summary", "description"),
    [
        ("The total must be shown in the cart", "The total must be shown in the cart."),
        ("Show the total in the cart", "The cart should show the total!"),
        ("As a buyer, I want to save my card", ""),
        ("Cards", "As a buyer, I want to save my card, so that I can pay faster."),
    ],
)
def test_one_criterion_that_only_says_the_title_again_is_none(make_item, context, summary, description) -> None:
    assert list(check(make_item(type="Story", summary=summary, description=description), context)) == []


@pytest.mark.parametrize(
    ("sentence", "criterion"),
    [
        (
            "The answer must not reveal whether the account exists.",
            "The answer must not reveal whether the account exists",
        ),
        ("The page must check whether the card is valid.", "The page must check whether the card is valid"),
        ("The mail should be sent at once!", "The mail should be sent at once"),
        ("The design team should be able to edit texts.", "The design team should be able to edit texts"),
        ("The list should be faster than 2 seconds.", "The list should be faster than 2 seconds"),
        ("Checkout should send a receipt after the checkout.", "Checkout should send a receipt after the checkout"),
    ],
)
def test_what_can_be_checked_is_kept(make_item, context, sentence, criterion) -> None:
    assert (criterion, False) in drafted(make_item, context, summary="Account", description=sentence)
