"""One whole comment in each language, as people read it."""

from __future__ import annotations

from datetime import UTC, datetime
from textwrap import fill
from zoneinfo import ZoneInfo

import pytest

from bot.comments import ShownChange, ShownProposal, proposal_comment
from bot.flows.showing import shown_change
from bot.store.proposals import ALTERED, ProposedChange
from integrations.blocks import Blocks, Bullets, Code, Inline, ItemLink, Text
from languages import LANGUAGES, speaking
from rules.changes import AddCriteria, AddLabel, AddSubtasks, Criterion, LinkDuplicate, SetPriority
from rules.model import Person

AT = datetime(2026, 11, 21, 13, 2, tzinfo=UTC)
CRITERIA = AddCriteria((Criterion("kept for 30 days", is_assumption=True),))
VIEW = ShownProposal(
    (
        ShownChange(1, "", CRITERIA, "", (), "rules", "open"),
        ShownChange(2, "", SetPriority(None, "High"), "", ("SHOP-9",), "rules", "open"),
        ShownChange(3, "", LinkDuplicate("SHOP-7", "Cart hangs"), "", (), "rules", "open"),
        ShownChange(4, "", AddLabel("needs-details"), "", (), "rules", "accepted", "Dana", AT),
        ShownChange(5, "", AddSubtasks(("API", "Form")), "", (), "rules", "rejected", "Lee", AT, "later"),
    ),
    ("Since when?", "Which version?"),
    Person("712020:rae", "Rae"),
    mention_reporter=True,
    drafted_by="rules and a language model",
    known_keys=frozenset({"SHOP-7"}),
    waiting=2,
)
SAID = {
    "en": """
Steward: 3 of 5 suggestions are still open. Reply steward accept 1, steward accept 1 2, steward reject 2
  reason. Nothing changes until you do.
1. Acceptance criteria.
- assumption: kept for 30 days
2. Priority: none → High. (SHOP-9).
3. Probably the same as SHOP-7 “Cart hangs”. steward accept 3 links the two and closes nothing; after steward
  reject 3 it will not be suggested again.
4. Label: add needs-details. accepted by Dana, 21 Nov, 14:02 CET. steward undo 4
5. Split into 2 sub-tasks. rejected by Lee: “later”. Will not be suggested again.
Two questions for @Rae. Answer in a comment.
- Since when?
- Which version?
2 more wait: steward more
Drafted by rules and a language model from this item and SHOP-7. steward explain 1 · steward mute · steward
  help
""",
    "de": """
Steward: 3 von 5 Vorschlägen sind noch offen. Antwort: steward annehmen 1, steward annehmen 1 2, steward
  ablehnen 2 Grund. Bis dahin ändert sich nichts.
1. Akzeptanzkriterien.
- Annahme: kept for 30 days
2. Priorität: nicht gesetzt → High. (SHOP-9).
3. Wahrscheinlich dasselbe wie SHOP-7 „Cart hangs“. steward annehmen 3 verknüpft die beiden und schließt
  nichts; nach steward ablehnen 3 wird es nicht wieder vorgeschlagen.
4. Stichwort: needs-details hinzufügen. angenommen von Dana, 21. Nov., 14:02 CET. steward zurücknehmen 4
5. In 2 Unteraufgaben teilen. abgelehnt von Lee: „later“. Wird nicht wieder vorgeschlagen.
Zwei Fragen an @Rae. Antwort bitte als Kommentar.
- Since when?
- Which version?
2 weitere warten: steward mehr
Erstellt von Regeln und einem Sprachmodell aus diesem Vorgang und SHOP-7. steward erklären 1 · steward stumm ·
  steward hilfe
""",
    "fr": """
Steward : 3 suggestions sur 5 sont encore ouvertes. Répondre steward accepter 1, steward accepter 1 2, steward
  refuser 2 motif. Rien ne change d'ici là.
1. Critères d'acceptation.
- hypothèse : kept for 30 days
2. Priorité : aucune valeur → High. (SHOP-9).
3. Probablement la même chose que SHOP-7 « Cart hangs ». steward accepter 3 lie les deux et ne ferme rien ;
  après steward refuser 3, ce ne sera plus suggéré.
4. Étiquette : ajouter needs-details. acceptée par Dana, 21 nov., 14:02 CET. steward annuler 4
5. Diviser en 2 sous-tâches. refusée par Lee : « later ». Ne sera plus suggérée.
Deux questions pour @Rae. Répondre en commentaire.
- Since when?
- Which version?
2 autres attendent : steward plus
Rédigé par des règles et un modèle de langage à partir de ce ticket et de SHOP-7. steward expliquer 1 ·
  steward silence · steward aide
""",
    "es": """
Steward: 3 de 5 sugerencias siguen abiertas. Responder steward aceptar 1, steward aceptar 1 2, steward
  rechazar 2 motivo. Hasta entonces no cambia nada.
1. Criterios de aceptación.
- suposición: kept for 30 days
2. Prioridad: sin valor → High. (SHOP-9).
3. Probablemente lo mismo que SHOP-7 «Cart hangs». steward aceptar 3 enlaza los dos y no cierra nada; después
  de steward rechazar 3 no se volverá a sugerir.
4. Etiqueta: añadir needs-details. aceptada por Dana, 21 nov, 14:02 CET. steward deshacer 4
5. Dividir en 2 subtareas. rechazada por Lee: «later». No se volverá a sugerir.
Dos preguntas para @Rae. Responder en un comentario.
- Since when?
- Which version?
2 más esperan: steward más
Redactado por reglas y un modelo de lenguaje a partir de este elemento y de SHOP-7. steward explicar 1 ·
  steward silenciar · steward ayuda
""",
    "pt": """
Steward: 3 de 5 sugestões continuam abertas. Responder steward aceitar 1, steward aceitar 1 2, steward
  rejeitar 2 motivo. Até lá, nada muda.
1. Critérios de aceitação.
- suposição: kept for 30 days
2. Prioridade: sem valor → High. (SHOP-9).
3. Provavelmente o mesmo que SHOP-7 “Cart hangs”. steward aceitar 3 liga os dois e não fecha nada; depois de
  steward rejeitar 3, não voltará a ser sugerido.
4. Etiqueta: adicionar needs-details. aprovada por Dana, 21 de nov., 14:02 CET. steward desfazer 4
5. Dividir em 2 subtarefas. rejeitada por Lee: “later”. Não voltará a ser sugerida.
Duas perguntas para @Rae. Responder num comentário.
- Since when?
- Which version?
Mais 2 aguardam: steward mais
Redigido por regras e um modelo de linguagem a partir deste item e de SHOP-7. steward explicar 1 · steward
  silenciar · steward ajuda
""",
}


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_comment_reads_as_one_text(code: str) -> None:
    with speaking(code):
        blocks = proposal_comment(VIEW, ZoneInfo("Europe/Berlin"))
    assert _read(blocks) == SAID[code].strip()


def test_what_is_stored_in_english_is_said_when_it_is_shown() -> None:
    altered = ProposedChange(number=1, title="", source="rules", payload={}, payload_hash="")
    with speaking("de"):
        assert shown_change(altered).note == "Gespeichert ist nicht mehr das, was gezeigt wurde"
    assert shown_change(altered).note == ALTERED


def _read(blocks: Blocks) -> str:
    lines: list[str] = []
    for block in blocks:
        assert not isinstance(block, Code)
        lines += [f"- {_line(one)}" for one in block.entries] if isinstance(block, Bullets) else [_line(block.inlines)]
    lines = [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]
    return "\n".join(fill(line, 110, subsequent_indent="  ") for line in lines)


def _line(inlines: tuple[Inline, ...]) -> str:
    return "".join(
        one.text if isinstance(one, Text) else one.key if isinstance(one, ItemLink) else f"@{one.name}"
        for one in inlines
    )
