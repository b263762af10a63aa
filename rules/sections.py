"""What a heading or a label announces, in the words that report forms use."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Section = Literal["criteria", "steps", "expected", "actual", "environment", "parts", "aside", "other"]

_PHRASES: dict[Section, str] = {
    "criteria": r"""acceptance\s+(?:criteri|test|condition)\w*|definition\s+of\s+done|done\s+when|conditions\s+of\s+
        satisfaction|success\s+criteri\w*|exit\s+criteri\w*|acs?\s*\d*|how\s+to\s+(?:test|verify)|to\s+test
        |test\s+(?:cases?|plan|scenarios?
        |steps|instructions)|testing(?:\s+steps)?|steps\s+to\s+(?:test|verify)|verification(?:\s+steps)?
        |scenarios?(?:\s+\d+)?|(?:akzeptanz|abnahme)-?(?:kriteri\w*|tests?|bedingung\w*)|testf[äa]lle?
        |szenari(?:o|os|en)(?:\s+\d+)?|crit[èe]res?\s+(?:d['\u2019]\s?acceptation|de\s+(?:validation|recette))
        |(?:conditions|tests?)\s+d['\u2019]\s?acceptation|d[ée]finition\s+de\s+(?:termin[ée]|fini)|cas\s+de\s+test
        |sc[ée]narios?(?:\s+\d+)?|(?:criterios?|condiciones|pruebas?)\s+de\s+aceptaci[óo]n
        |casos?\s+de\s+(?:prueba|teste)s?|escenarios?(?:\s+\d+)?
        |(?:definici[óo]n\s+de|definido\s+como)\s+(?:terminado|hecho)|defini[çc][ãa]o\s+de\s+pronto
        |(?:crit[ée]rios?|condi[çc][õo]es|testes?)\s+de\s+(?:aceita?[çc][ãa]o|aceite)|cen[áa]rios?(?:\s+\d+)?
        |criteri\s+di\s+accettazione|acceptatiecriteri\w*
        |acceptanskriteri\w*
        |kryteria\s+akceptacji|критерии\s+при[её]мки|受け?入れ?(?:条件|基準)|验收标准|驗收標準|인수\s*조건|kabul\s+kriterleri""",
    "steps": r"""(?:the\s+)?(?:steps|how)\s+to\s+(?:re-?produce|replicate|recreate)(?:\s+(?:the\s+)?\w+)?
        |reproduction(?:\s+steps)?|repro(?:\s+steps)?
        |steps(?:\s+for\s+\w+)?|to\s+reproduce|reproduce
        |(?:reproduktions)?schritte(?:\s+(?:zur\s+reproduktion|zum\s+(?:reproduzieren|nachstellen|nachvollziehen)))?
        |reproduzieren|reproduktion
        |(?:les\s+)?[ée]tapes(?:\s+(?:de|pour\s+la)\s+reproduction|\s+pour\s+(?:le\s+)?reproduire)?
        |(?:comment|pour)\s+reproduire
        |(?:los\s+)?pasos(?:\s+(?:para|a)\s+(?:reproducir(?:lo)?|seguir)|\s+de\s+reproducci[óo]n)?
        |c[óo]mo\s+reproducir(?:lo)?
        |(?:os\s+)?passos(?:\s+(?:para|a)\s+(?:reproduzir|seguir)|\s+de\s+reprodu[çc][ãa]o)?
        |(?:etapas\s+para|como)\s+reproduzir
        |再現手順|重现步骤|шаги""",
    "expected": r"""expected(?:\s+(?:results?|behaviou?rs?|outcomes?|output))?|what\s+(?:did\s+you\s+expect
        |should\s+happen|was\s+expected)[\w\s]*
        |erwartet\w*(?:\s+\w+)?|soll(?:-?(?:verhalten|zustand|ergebnis))?
        |(?:r[ée]sultats?|comportements?)\s+(?:attendu|souhait[ée]|voulu)s?
        |attendu|(?:resultados?|comportamientos?|comportamentos?)\s+(?:esperado|deseado|desejado)s?|(?:lo\s+)?esperado
        |期待(?:する)?(?:結果|動作)|预期结果|ожидаем\w+\s+\w+""",
    "actual": r"""(?:the\s+)?(?:actual|current|observed)(?:\s+(?:results?|behaviou?rs?|outcomes?|output|situation
        |state))?|(?:the\s+)?(?:error|exception|stack\s*trace|logs?
        |console(?:\s+(?:log|output))?)(?:\s+messages?)?|what\s+(?:happens|happened|is\s+wrong)[\w\s]*
        |(?:tats[äa]chlich|beobachtet)\w*(?:\s+\w+)?|aktuelle[sr]?\s+(?:verhalten|ergebnis|zustand|stand)
        |ist(?:-?(?:verhalten|zustand|ergebnis))?|fehlermeldung(?:en)?
        |(?:r[ée]sultats?|comportements?)\s+(?:obtenu|actuel|constat[ée]|observ[ée]|r[ée]el)s?|message\s+d['\u2019]\s?erreur
        |(?:resultados?|comportamientos?|comportamentos?)\s+(?:rea(?:l|les|is)|ac?tua(?:l|les|is)|(?:observa|obteni|obti)dos?)
        |mensaje\s+de\s+error|mensagem\s+de\s+erro
        |実際の(?:結果|動作)|实际结果|фактическ\w+\s+\w+""",
    "environment": r"""(?:test\s+)?environment|versions?|browsers?|devices?|platforms?|os|tested\s+(?:on|with|in
        |devices?|environment)|build(?:\s+id)?
        |user-?\s*agent|sdk(?:\s+version)?|(?:test)?umgebung|environnement|entorno|ambiente|環境|环境|окружение""",
    "parts": r"""(?:sub-?\s?|dev(?:elopment)?\s+)?tasks?(?:\s+list)?|to-?\s?dos?|deliverables?|scope|in\s+scope
        |work\s+items?|parts|includes|what\s+(?:to\s+do|needs\s+to\s+be\s+done)
        |requirements?|(?:main\s+)?features|work(?:\s+breakdown)?|implementation(?:\s+(?:plan|steps|tasks))?
        |(?:needed|required|proposed|planned)\s+(?:changes|work)|aufgaben|t[âa]ches|tareas|tarefas|задачи""",
    "aside": r"""out\s+of\s+scope|not\s+in\s+scope|non-?\s?goals?|background|context|motivation|notes?(?:\s+\d+)?|nb
        |ps|references?|links?|see(?:\s+also)?|related|resources|history|alternatives?(?:\s+\w+)*
        |work-?\s?arounds?|assumptions?|risks?|open\s+questions?|questions?|attachments?|discussion|example
        |for\s+example|e\.g|fyi|update|edit|hint|tip""",
    "other": r"""(?:additional|more|further|other)\s+(?:details?|info(?:rmation)?|comments?|notes)|(?:issue\s+
        |problem\s+|bug\s+|feature\s+)?(?:description|details?|summary)
        |overview|problem(?:\s+statement)?|goals?|user\s+story|proposal|solution|feature(?:\s+request)?|rationale
        |use\s+cases?|beschreibung|descripci[óo]n|descri[çc][ãa]o|test\s+case|sample(?:\s+code)?|code|api
        |design""",
}
_KNOWN = tuple((name, re.compile(phrases, re.IGNORECASE | re.VERBOSE)) for name, phrases in _PHRASES.items())
_TRIM = " \t#*_:：.-–=?!()[]"  # noqa: RUF001 - the colon and dash of other hands


def section_of(heading: str) -> Section | None:
    """What the words of a heading announce; None for words that no report form uses."""
    words = " ".join(unicodedata.normalize("NFC", heading[:80]).strip(_TRIM).split())
    return next((name for name, known in _KNOWN if known.fullmatch(words)), None)
