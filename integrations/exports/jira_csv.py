"""Jira's "Export CSV", all fields or my defaults, of Cloud and Data Center, in five languages.

One row an issue; a field with several values has several columns of one name, as many as the fullest issue needs.
Cloud adds ids ("Assignee Id", "Parent key", "Status Category") and calls an issue a work item since 2025. Times are in
the zone of the person who exported, which the file does not name.
https://support.atlassian.com/jira-software-cloud/docs/export-issues-as-a-csv-file/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from integrations.exports.records import Category, ExportedComment, ExportedItem, ExportedLink, UnusableEntry
from integrations.exports.tables.columns import Columns, heading
from integrations.exports.tables.dates import Order, written
from integrations.exports.tables.rows import Row
from integrations.exports.words import category_of, clean, is_subtask, long_text, number, title

_KEY = re.compile(r"[A-Z][A-Z0-9_]{0,30}-[0-9]{1,10}")
_FIELDS = {
    "key": (
        *("issue key", "work item key", "vorgangsschlussel", "schlussel", "cle de ticket", "cle de demande", "cle"),
        *("clave de incidencia", "clave", "chave da item", "chave do item", "chave da pendencia", "chave", "key"),
    ),
    "id": (
        *("issue id", "work item id", "vorgangs-id", "id de ticket", "id du ticket", "id de demande"),
        *("id de la incidencia", "id de incidencia", "id da item", "id do item", "id da pendencia"),
    ),
    "summary": ("summary", "zusammenfassung", "resume", "resumen", "resumo"),
    "type": (
        *("issue type", "work type", "work item type", "vorgangstyp", "type de ticket", "type de demande"),
        *("tipo de incidencia", "tipo de actividad", "tipo de item", "tipo do item", "tipo de pendencia", "type"),
    ),
    "status": ("status", "statut", "etat", "estado"),
    "category": (
        *("status category", "statuskategorie", "categorie d'etat", "categorie de statut"),
        *("categoria de estado", "categoria do status", "categoria de status"),
    ),
    "resolution": ("resolution", "losung", "resolucion", "resolucao"),
    "priority": ("priority", "prioritat", "priorite", "prioridad", "prioridade"),
    "project": ("project key", "projektschlussel", "cle de projet", "cle du projet", "clave del proyecto"),
    "project name": ("project name", "projektname", "nom du projet", "nombre del proyecto", "nome do projeto"),
    "description": ("description", "beschreibung", "descripcion", "descricao"),
    "created": ("created", "erstellt", "cree", "creation", "date de creation", "creada", "creado", "criado", "criada"),
    "updated": (
        *("updated", "aktualisiert", "mise a jour", "mis a jour", "actualizada", "actualizado"),
        *("atualizado", "atualizado(a)", "atualizada"),
    ),
    "resolved": ("resolved", "erledigt", "resolu", "resuelta", "resuelto", "resolvido", "resolvida", "resolvido(a)"),
    "reporter": (
        *("reporter", "autor", "meldende person", "rapporteur", "auteur", "informador", "relator"),
        *("creator", "ersteller", "createur", "creador", "criador"),
    ),
    "reporter id": ("reporter id", "id des autors"),
    "assignee": (
        *("assignee", "zugewiesene person", "bearbeiter", "responsable", "personne assignee", "attribution"),
        *("persona asignada", "responsavel"),
    ),
    "assignee id": ("assignee id", "id der zugewiesenen person"),
    "labels": ("labels", "stichworter", "etiquettes", "etiquetas", "categorias", "rotulos"),
    "components": ("components", "component/s", "komponenten", "komponente/n", "composants", "componentes"),
    "sprint": ("sprint",),
    "comments": ("comment", "comments", "kommentar", "kommentare", "commentaire", "comentario", "comentarios"),
    "parent": ("parent key", "parent", "parent id", "ubergeordnet", "principal", "clave principal", "pai"),
    "epic": ("epic link", "epic-verknupfung", "lien d'epopee", "enlace de epica", "link do epico"),
    "points": ("story points", "story point estimate", "storypoints", "points d'effort", "puntos de historia"),
    "criteria": (
        *("acceptance criteria", "akzeptanzkriterien", "criteres d'acceptation", "criterios de aceptacion"),
        "criterios de aceitacao",
    ),
}
_CUSTOM = re.compile(r"(?:custom field|benutzerdefiniertes feld|champs? personnalises?|campo personalizado) ?\((.*)\)")
_LINK = re.compile(r"(?=.*(?:link|lien|verknupf|enlace|vincul|ligac)).*\((?P<type>.+)\)")
_INWARD = re.compile(r"inward|entrant|eingehend|de entrada|interno|interna")
_OUTWARD = re.compile(r"outward|sortant|ausgehend|salient|de salida|de saida|externo|externa")
_MAY_BE_CUSTOM = frozenset(name for what in ("epic", "sprint", "points", "criteria") for name in _FIELDS[what])
_PARENT_KEYS = frozenset({"parent key", "clave principal"})
_UNRESOLVED = frozenset({"unresolved", "nicht erledigt", "non resolu", "non resolue", "sin resolver", "nao resolvido"})
_BETWEEN_LABELS = re.compile(r",?\s+|;")


class JiraCsv:
    """The table of one file. Keeps the number and key of each issue where parents are told by number."""

    def __init__(self, header: Sequence[str]) -> None:
        self._columns = Columns([_unwrapped(name) for name in header], _FIELDS)
        self._links = [(place, link) for place, name in enumerate(header) if (link := _link_named(name))]
        self._keys: dict[str, str] = {}
        self._tells_parents_by_number = not _PARENT_KEYS & set(self._columns.headings)
        self.order = Order()

    @property
    def is_recognised(self) -> bool:
        return self._columns.has("key", "summary")

    def begins(self, cells: Sequence[str]) -> bool:
        return bool(_KEY.fullmatch(self._columns.first(cells, "key")))

    def look(self, row: Row) -> None:
        cells, first = row.cells, self._columns.first
        key = first(cells, "key")
        project, _, digits = key.rpartition("-")
        later = [first(cells, what) for what in ("updated", "resolved")]
        self.order.look(row.line, first(cells, "created"), later, project, int(digits))
        if self._tells_parents_by_number and self._columns.has("id", "parent"):
            self._keys[first(cells, "id")] = key

    def item(self, row: Row) -> ExportedItem:
        cells, first, every = row.cells, self._columns.first, self._columns.all
        self._columns.check(cells)
        if not self.begins(cells):
            raise UnusableEntry("no issue key" if not first(cells, "key") else "what stands for the issue key is none")
        summary = title(first(cells, "summary"))
        if not summary:
            raise UnusableEntry("no summary")
        key, type_name, status = (
            first(cells, "key"),
            clean(first(cells, "type")) or "Task",
            clean(first(cells, "status")),
        )
        resolution = self._resolution(cells)
        ended: Category | None = "done" if resolution or first(cells, "resolved") else None
        created = self.order.moment(first(cells, "created"))
        points = (found for found in map(number, every(cells, "points")) if found is not None)
        return ExportedItem(
            key=key,
            project=key.rpartition("-")[0],
            project_name=clean(first(cells, "project name")),
            summary=summary,
            type=type_name,
            is_subtask=is_subtask(type_name),
            description=long_text(first(cells, "description")) or None,
            status=status,
            category=category_of(first(cells, "category")) or ended or category_of(status) or "todo",
            resolution=resolution,
            priority=clean(first(cells, "priority")) or None,
            labels=tuple(dict.fromkeys(self._labels(cells))),
            components=tuple(dict.fromkeys(map(clean, every(cells, "components")))),
            created=created,
            updated=self.order.moment(first(cells, "updated")) or created,
            resolved=self.order.moment(first(cells, "resolved")),
            reporter=clean(first(cells, "reporter")) or None,
            assignee=clean(first(cells, "assignee")) or None,
            parent=self._parent(cells),
            story_points=next(points, None),
            acceptance_criteria=long_text(first(cells, "criteria")),
            sprint=clean((every(cells, "sprint") or [""])[-1]),
            links=tuple(self._links_of(cells)),
            comments=tuple(self._comments(cells)),
        )

    def _resolution(self, cells: Sequence[str]) -> str | None:
        told = self._columns.first(cells, "resolution")
        return None if heading(told) in _UNRESOLVED else clean(told) or None

    def _labels(self, cells: Sequence[str]) -> Iterator[str]:
        for cell in self._columns.all(cells, "labels"):
            yield from filter(None, _BETWEEN_LABELS.split(clean(cell)))

    def _parent(self, cells: Sequence[str]) -> str | None:
        named = [*self._columns.all(cells, "parent"), *self._columns.all(cells, "epic")]
        keys = (self._keys.get(name, name) for name in named)
        return next((key for key in keys if _KEY.fullmatch(key)), None)

    def _links_of(self, cells: Sequence[str]) -> Iterator[ExportedLink]:
        for place, (type_name, inward_end) in self._links:
            other = cells[place].strip() if place < len(cells) else ""
            if _KEY.fullmatch(other):
                yield ExportedLink(type_name, other, type_name, type_name, inward_end)

    def _comments(self, cells: Sequence[str]) -> Iterator[ExportedComment]:
        """A cell is "time;account;text"; the account is an id in Cloud and a login in Data Center."""
        names = {
            self._columns.first(cells, f"{role} id"): self._columns.first(cells, role)
            for role in ("assignee", "reporter")
        }
        for cell in self._columns.all(cells, "comments"):
            time, _, rest = cell.partition(";")
            account, semicolon, text = rest.partition(";")
            if not semicolon or written(time) is None:
                yield ExportedComment("somebody", long_text(cell), None)
            elif text.strip():
                author = clean(names.get(account) or account).strip() or "somebody"
                yield ExportedComment(author, long_text(text), self.order.moment(time))


def _unwrapped(column: str) -> str:
    """The name of a field that a site may have added itself; any other of those is not to be taken for Jira's own."""
    found = _CUSTOM.fullmatch(heading(column))
    if found is None:
        return column
    return found[1] if found[1] in _MAY_BE_CUSTOM else ""


def _link_named(column: str) -> tuple[str, bool] | None:
    """The type of link that a column holds and whether its keys are at the inward end: "Inward issue link (Blocks)"."""
    name = heading(column)
    if not _LINK.fullmatch(name) or _CUSTOM.fullmatch(name):
        return None
    before = name.partition("(")[0]
    type_name = clean(column[column.index("(") + 1 : column.rindex(")")]).strip()
    if _INWARD.search(before):
        return type_name, True
    return (type_name, False) if _OUTWARD.search(before) else None
