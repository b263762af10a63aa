"""The catalogues: each sentence of the code is there in each language, and nothing else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from languages import ENGLISH, LANGUAGES, checking, extracting
from languages.extracting import DOMAINS, bring_up_to_date, sentences, sources, translations

SPEAKERS = ("say", "say_many", "spoken", "to_say")


@pytest.mark.parametrize("domain", DOMAINS)
def test_each_sentence_of_the_code_is_translated_and_none_is_stale(domain: str) -> None:
    told = [(code, fault) for code in LANGUAGES if code != ENGLISH for fault in checking.faults(code, domain)]
    assert told == []


def test_no_sentence_is_hidden_from_the_catalogues() -> None:
    known = {one for domain in DOMAINS for one in _ids(sentences(domain))}
    hidden = [
        f"{path.name}:{call.lineno}"
        for domain in DOMAINS
        for path in sources(domain)
        for call in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in SPEAKERS
        if call.args and isinstance(call.args[0], ast.Constant | ast.JoinedStr | ast.BinOp)
        if not isinstance(call.args[0], ast.Constant) or call.args[0].value not in known
    ]
    assert hidden == []


def test_a_catalogue_gains_what_is_new_and_drops_what_nobody_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = Catalog()
    now.add("kept")
    monkeypatch.setattr(extracting, "sentences", lambda domain: now)
    monkeypatch.setattr(extracting, "_path", lambda code, domain: tmp_path / "catalogue.po")
    monkeypatch.setattr(checking, "sentences", lambda domain: now)
    bring_up_to_date("de", "comments")
    assert list(checking.faults("de", "comments")) == ["'kept' is not translated"]
    known = translations("de", "comments")
    known["kept"].string = "behalten"
    monkeypatch.setattr(extracting, "translations", lambda code, domain: known)
    now.add(("{number} `new` thing", "{number} `new` things of {name}"))
    bring_up_to_date("de", "comments")
    monkeypatch.undo()
    written = extracting.read_po((tmp_path / "catalogue.po").open("rb"), locale="de")
    assert [(message.id, message.string) for message in written if message.id] == [
        ("kept", "behalten"),
        (("{number} `new` thing", "{number} `new` things of {name}"), ("", "")),
    ]


@pytest.mark.parametrize(
    ("translation", "fault"),
    [
        ("{name} `x`, sagt {who}", "other places"),
        ("nur `x`", "other places"),
        ("{name} y", "other code"),
        ("{name `x`", "cannot be read"),
        ("", "not translated"),
        ("{name}: `x`", None),
    ],
)
def test_a_translation_that_would_spoil_its_sentence_is_told(
    translation: str, fault: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, told = Catalog(), Catalog()
    said.add("{name} `x`")
    told.add("{name} `x`", translation)
    monkeypatch.setattr(checking, "sentences", lambda domain: said)
    monkeypatch.setattr(checking, "translations", lambda code, domain: told)
    found = list(checking.faults("de", "comments"))
    assert [fault in one for one in found if fault] == ([True] if fault else [])
    assert bool(found) == bool(fault)


def _ids(catalog: Catalog) -> list[str]:
    return [one for message in catalog for one in (message.id if isinstance(message.id, tuple) else (message.id,))]
