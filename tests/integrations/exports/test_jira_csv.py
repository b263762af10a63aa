"""Jira's CSV: columns of one name, cells of many lines, five languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

Reading = Callable[..., Any]


def test_an_export_of_all_fields_is_read_whole(sample: Reading) -> None:
    read = sample("jira_cloud.csv")
    assert read.unread == []
    epic, story, subtask = read.items
    assert [item.key for item in read.items] == ["SHOP-1", "SHOP-2", "SHOP-3"]
    assert (story.project, story.project_name, story.type, story.status) == ("SHOP", "Corner shop", "Story", "Done")
    assert story.summary == 'Checkout button "Pay" does nothing'
    assert story.description.startswith("h2. Steps\n# Press *Pay*\n# Nothing; no error")
    assert 'total = "12,50"' in story.description
    assert story.text_format == "wiki"
    assert (story.labels, story.components) == (("checkout", "payment"), ("Cart", "Web"))
    assert (story.priority, story.resolution, story.sprint) == ("High", "Done", "Sprint 2")
    assert (story.story_points, story.acceptance_criteria) == (5.0, "* The order is placed")
    assert (story.reporter, story.assignee) == ("Rae Rossi", "Dana Duarte")
    assert story.created == datetime(2026, 1, 25, 15, 4, tzinfo=UTC)
    assert story.updated == datetime(2026, 1, 26, 0, 15, tzinfo=UTC)
    assert (epic.parent, story.parent, subtask.parent) == (None, "SHOP-1", "SHOP-2")
    assert [item.category for item in read.items] == ["doing", "done", "todo"]
    assert [item.is_subtask for item in read.items] == [False, False, True]


def test_links_tell_their_direction(sample: Reading) -> None:
    links = sample("jira_cloud.csv").items[1].links
    assert [(link.type, link.other, link.inward_end) for link in links] == [
        ("Blocks", "SHOP-1", True),
        ("Duplicate", "SHOP-3", False),
    ]


def test_comments_come_with_author_and_time_and_keep_their_semicolons(sample: Reading) -> None:
    first, second = sample("jira_cloud.csv").items[1].comments
    assert (first.author, first.body) == ("Dana Duarte", "Seen too; on Firefox\nand Chrome")
    assert first.created == datetime(2026, 1, 25, 16, 0, tzinfo=UTC)
    assert (second.author, second.body) == ("712020:aa-bb", "Fixed")


def test_a_formula_is_only_text(sample: Reading) -> None:
    assert sample("jira_cloud.csv").items[2].summary == "=cmd|' /C calc'!A0"


def test_parents_told_by_number_are_found_wherever_they_stand(reading: Reading) -> None:
    text = "Issue key,Issue id,Summary,Parent id,Custom field (Epic Link)\n"
    text += "A-1,11,Part,12,\nA-2,12,Whole,,A-9\nA-3,13,Lost,99,\n"
    assert [item.parent for item in reading(text).items] == ["A-2", "A-9", None]


@pytest.mark.parametrize(
    ("header", "when"),
    [
        (
            "Zusammenfassung,Vorgangsschlüssel,Vorgangs-ID,Vorgangstyp,Status,Priorität,Beschreibung,Erstellt,Aktualisiert,"
            "Stichwörter,Stichwörter,Benutzerdefiniertes Feld (Story Points),Eingehende Vorgangsverknüpfung (Blocks)",
            "25.03.2026 15:04",
        ),
        (
            "Résumé,Clé de ticket,ID de ticket,Type de ticket,État,Priorité,Description,Création,Mise à jour,"
            "Étiquettes,Étiquettes,Champs personnalisés (Story Points),Lien du ticket entrant (Blocks)",
            "25/mars/26 3:04 PM",
        ),
        (
            "Resumen,Clave de incidencia,ID de la incidencia,Tipo de Incidencia,Estado,Prioridad,Descripción,Creada,"
            "Actualizada,Etiquetas,Etiquetas,Campo personalizado (Story Points),Enlace de incidencia entrante (Blocks)",
            "25/mar/26 03:04 p. m.",
        ),
        (
            "Resumo,Chave da item,ID da item,Tipo de item,Status,Prioridade,Descrição,Criado,Atualizado(a),"
            "Categorias,Categorias,Campo personalizado (Story Points),Vínculo de item de entrada (Blocks)",
            "25/mar/26 3:04 PM",
        ),
    ],
)
def test_headers_and_dates_of_other_languages(reading: Reading, header: str, when: str) -> None:
    for delimiter, encoding in ((",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-16"), (";", "cp1252")):
        row = f"Größe fehlt,SHOP-7,107,Bug,Offen,Hoch,Maße in cm²,{when},{when},maß,web,3,SHOP-1"
        read = reading(f"{header}\r\n{row}\r\n".replace(",", delimiter), encoding)
        (item,) = read.items
        assert (item.key, item.summary, item.type, item.status) == ("SHOP-7", "Größe fehlt", "Bug", "Offen")
        assert (item.priority, item.description, item.labels) == ("Hoch", "Maße in cm²", ("maß", "web"))
        assert item.created == item.updated == datetime(2026, 3, 25, 15, 4, tzinfo=UTC)
        assert item.story_points == 3
        assert [(link.other, link.inward_end) for link in item.links] == [("SHOP-1", True)]
        assert read.unread == []


def test_names_of_newer_and_older_jira(reading: Reading) -> None:
    newer = reading("Work type,Work item key,Work item id,Summary\nBug,A-1,1,One\n").items[0]
    older = reading("Key,Issue Type,Summary,Component/s,Labels\nA-1,Bug,One,The cart,a b\n").items[0]
    assert newer.type == older.type == "Bug"
    assert (older.components, older.labels) == (("The cart",), ("a", "b"))


def test_a_row_without_key_or_summary_is_told_by_its_line(reading: Reading) -> None:
    text = (
        'Issue key,Summary,Description\nA-1,One,"two\nlines"\n,SECRET,\nA-3,,SECRET\nA-4,Four,,SECRET\nSECRET,Five,\n'
    )
    read = reading(text)
    assert [item.key for item in read.items] == ["A-1"]
    assert [line.partition(":")[0] for line in read.unread] == ["line 4", "line 5", "line 6", "line 7"]
    assert "SECRET" not in " ".join(read.unread)
