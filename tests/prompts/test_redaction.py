import pytest
from hypothesis import given
from hypothesis import strategies as st

from prompts.redaction import WITHHELD, redact, restore

A, B, HEX = "aB3dE5gH7jK9", "mN0pQ2rS4tU6", "0123456789abcdef"
# Made up on the spot and joined, so that no scanner takes this file for a leak.
PLANTED = {
    "Atlassian API token": "ATATT" + f"3xFf{A}{B}{A}={HEX[:8].upper()}",
    "Atlassian Connect token": "ATCTT" + f"3xFf{A}{B}{A}",
    "GitHub token": "ghp_" + (A + B + A),
    "GitHub fine-grained token": "github_pat_" + f"{A}_{B}{A}{B}",
    "GitLab token": "glpat-" + f"{A}{B}"[:20],
    "AWS access key": "AKIA" + "IOSFODNN7QZXWVUT",
    "AWS secret key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "Zz0aBcDeFg",
    "Slack bot token": "xoxb-" + f"123456789012-{A}",
    "Slack webhook": "hooks.slack.com/services/" + f"T0AB12CD/B0EF34GH/{A}",
    "OpenAI key": "sk-" + f"proj-{A}{B}_{A}",
    "Stripe key": "sk_live_" + (A + B),
    "Azure storage key": A + B + A + "/" + B + A + "==",
    "Azure client secret": "abc8Q~" + f"{A}{B}{A}"[:34],
    "Google key": "AIza" + f"{A}{B}{A}"[:35],
    "JSON web token": "eyJhbGciOiJIUzI1NiJ9." + f"eyJzdWIiOiIxIn0.{A}-{B}",
    "private key": f"-----BEGIN RSA PRIVATE KEY-----\nMIIE{A}{B}\n{B}{A}\n-----END RSA PRIVATE KEY-----",
    "password": "Winter-2031!",
    "bearer token": f"{B}.{A}",
    "basic credentials": "YWRhOmxvdmVsYWNl" + "MTg0Mw==",
    "URL credentials": "shop:pr1vate",
    "connection string": "c0rner,Shop$",
    "Azure DevOps token": (A + B).lower().replace("0", "2").replace("9", "3").replace("1", "4")[:24].ljust(52, "q"),
}
TEXT = "\n".join(
    f"{before}{PLANTED[name]}{after}"
    for before, name, after in [
        ("The token is ", "Atlassian API token", "."),
        ("and the other (", "Atlassian Connect token", ")"),
        ("git clone with ", "GitHub token", ", please"),
        ("or ", "GitHub fine-grained token", ""),
        ("CI uses ", "GitLab token", ";"),
        ("aws_access_key_id=", "AWS access key", ""),
        ("aws_secret_access_key = ", "AWS secret key", ""),
        ("slack: ", "Slack bot token", ""),
        ("https://", "Slack webhook", " posts"),
        ("model key ", "OpenAI key", ""),
        ("pay with ", "Stripe key", ""),
        ("DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=", "Azure storage key", ";Suffix=core"),
        ("secret ", "Azure client secret", ""),
        ("maps ", "Google key", ""),
        ("cookie jar: ", "JSON web token", ""),
        ("", "private key", ""),
        ("Passwort: ", "password", " (alt)"),
        ("Authorization: Bearer ", "bearer token", ""),
        ("curl -H 'Authorization: Basic ", "basic credentials", "'"),
        ("postgres://", "URL credentials", "@db.internal:5432/shop"),
        ("Server=db;User Id=shop;Password=", "connection string", ";Encrypt=true"),
        ("boards ", "Azure DevOps token", ""),
    ]
)


def test_an_ordinary_text_is_not_touched() -> None:
    text = (
        "As a buyer I want to reset my password, so that I get in again.\n"
        "- The password is wrong: show the message. The token is missing: show the sign-in page.\n"
        "- Basic understanding of the key value store; secret: none. Risk-based-testing-of-the-checkout.\n"
        "- Order 4711-0815, build 2031.04.02, commit 0a1b2c3d4e5f60718293a4b5c6d7e8f901234567, SHOP-97\n"
        "- Phone 030 1234567, 14:02 CET, [[NOTE_1]], user@host, https://shop.example/cart?x=1"
    )
    redacted = redact(text)
    assert redacted.texts == (text,)
    assert redacted.originals == {}


def test_fault_36_planted_secrets_become_placeholders() -> None:
    redacted = redact(TEXT)
    assert [name for name, secret in PLANTED.items() if secret in redacted.texts[0]] == []
    assert len(PLANTED) >= 20
    assert "[[SECRET_1]]" in redacted.texts[0]
    assert restore(redacted.texts[0], redacted.originals) == TEXT


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("password=hunter2", "hunter2"),
        ("pwd: hunter2", "hunter2"),
        ("**Password:** hunter2", "hunter2"),
        ('{"password": "two words"}', "two words"),
        ("DB_PASSWORD='it is long'", "it is long"),
        ("the password is hunter2", "hunter2"),
        ("|password|hunter2|", "hunter2"),
        ("Passwort = geheim!", "geheim"),
        ("x-api-key: 0123abcd", "0123abcd"),
        ("client_secret=AbCdEfGhIj", "AbCdEfGhIj"),
        ("https://store.example/f?sv=2020&sig=aB%2Bc3dE4", "aB%2Bc3dE4"),
        ("redis://:s3cr3t@cache:6379", "s3cr3t"),
        ("https://ada:pa55@word@shop.example/", "pa55@word"),
        ("Cookie: session=abcdef; theme=dark", "abcdef"),
        ("authorization: ApiKey abcdefgh", "abcdefgh"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\nthe end is missing", "b3BlbnNzaC1rZXk"),
    ],
)
def test_a_secret_is_found_in_its_context(text: str, secret: str) -> None:
    redacted = redact(text)
    assert secret not in redacted.texts[0]
    assert restore(redacted.texts[0], redacted.originals) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail ada.lovelace+test@shop.example.", "mail [[EMAIL_1]]."),
        ("DE89 3704 0044 0532 0130 00 and more", "[[IBAN_1]] and more"),
        ("gb29nwbk60161331926819 AND MORE", "[[IBAN_1]] AND MORE"),
        ("DE89 3704 0044 0532 0130 01 has a wrong checksum", "DE89 3704 0044 0532 0130 01 has a wrong checksum"),
        ("card 4111 1111 1111 1111, 12/33", "card [[CARD_1]], 12/33"),
        ("order 1234 4111-1111-1111-1111", "order 1234 [[CARD_1]]"),
        ("3782 822463 10005 is Amex", "[[CARD_1]] is Amex"),
        ("4111 1111 1111 1112 is a typo", "4111 1111 1111 1112 is a typo"),
        ("0000000000000000 is a zero", "0000000000000000 is a zero"),
    ],
)
def test_personal_numbers_need_their_checksum(text: str, expected: str) -> None:
    assert redact(text).texts[0] == expected


def test_one_find_has_one_placeholder_in_every_text() -> None:
    redacted = redact("a@shop.example", "b@shop.example, a@shop.example")
    assert redacted.texts == ("[[EMAIL_1]]", "[[EMAIL_2]], [[EMAIL_1]]")
    assert redacted.originals == {"EMAIL_1": "a@shop.example", "EMAIL_2": "b@shop.example"}


def test_the_bots_own_secrets_go_wherever_they_stand() -> None:
    redacted = redact("it says swordfish there", known=("swordfish", ""))
    assert redacted.texts == ("it says [[SECRET_1]] there",)


def test_a_placeholder_in_the_ticket_is_not_given_out() -> None:
    redacted = redact("[[SECRET_1]] and [[ email_2 ]]", "password=hunter2, a@shop.example, b@shop.example")
    assert redacted.texts[1] == "password=[[SECRET_2]], [[EMAIL_1]], [[EMAIL_3]]"
    assert restore(redacted.texts[0], redacted.originals) == "[[SECRET_1]] and [[ email_2 ]]"


def test_restoring_forgives_what_models_do_to_placeholders() -> None:
    assert restore("[[ email_1 ]] [[EMAIL_9]]", {"EMAIL_1": "a@shop.example"}) == "a@shop.example [[EMAIL_9]]"


def test_kinds_that_are_not_restored_are_withheld() -> None:
    originals = {"EMAIL_1": "a@shop.example", "SECRET_1": "hunter2"}
    assert restore("[[EMAIL_1]] [[SECRET_1]]", originals, {"EMAIL"}) == f"a@shop.example {WITHHELD}"


def test_what_was_found_is_not_shown_in_the_representation() -> None:
    assert "hunter2" not in repr(redact("password=hunter2"))


SNIPPETS = st.sampled_from(
    ["password=", "a@b.example", "[[", "]]", "SECRET_1", "[[SECRET_1]]", "4111 1111 1111 1111", *PLANTED.values()]
)


@given(st.lists(st.one_of(SNIPPETS, st.text(max_size=12)), max_size=12), st.text(max_size=30))
def test_every_text_survives_the_round_trip(parts: list[str], other: str) -> None:
    text = "".join(parts)
    redacted = redact(text, other)
    assert tuple(restore(t, redacted.originals) for t in redacted.texts) == (text, other)


HOSTILE = [
    "a", "1", " ", "-", "@", ".", "a@", "a.", "@a.", "1 ", "AA11 ", "DE89 ", "DE89", "4111 ", "4", "password", "z",
    "\n", "password ", "password:", "pwd='", 'token="', "secret", "bearer ", "basic a", "eyJ", "eyJaaaaaa.", "a://", "a://b:",
    "://:", "b:", "-----BEGIN PRIVATE KEY-----", "-----BEGIN ", "sk-", "ghp_", "AKIA", "Q~", "1Q~", "xoxb-", "cookie:",
    "cookie: ", "authorization=", "[[SECRET_1", "[[", "a-", "ya29.", "SG.", "AZDO", "\u00e9", "\u0661",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_fault_49_redaction_is_linear(piece: str) -> None:
    """No clock: a pattern that is not linear makes this test run for minutes."""
    text = (piece * 100_000)[:100_000]
    redacted = redact(text)
    assert restore(redacted.texts[0], redacted.originals) == text
