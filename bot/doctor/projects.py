"""Each project: can it be read, what may the bot's account do there, and who may decide?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bot import wiring
from bot.doctor.audience import audience, try_it
from bot.doctor.deciders import deciding
from bot.doctor.findings import GIVE_REQUIRED, Finding, remedy_inside, what_is
from bot.settings import ProjectSettings
from integrations.tracker import ACCEPT_LABEL, Deed, Holding, Invalid, Missing, TrackerError
from rules.changes import FieldValue

WHERE_KEYS_ARE = {
    "jira": "Check the key: it stands before the number of each work item, as SHOP in SHOP-12. And check that the "
    "bot's account may browse the project.",
    "azure-devops": "Check the name: it stands after the organisation in the address of the project's pages. And check "
    "that the bot's account may see the project.",
}
MEND_SCOPE = {
    "jira": "Correct scope in the project's settings: it is JQL, without ORDER BY.",
    "azure-devops": "Correct scope in the project's settings: it is an area's path, or a condition of WIQL.",
}


def _always(_: ProjectSettings) -> bool:
    return True


def _never(_: ProjectSettings) -> bool:
    return False


def _links(project: ProjectSettings) -> bool:
    return "possible_duplicate" not in project.disabled_rules


def _creates(project: ProjectSettings) -> bool:
    return project.draft_subtasks or "oversized_item" not in project.disabled_rules


NEEDS: dict[Deed, tuple[Callable[[ProjectSettings], bool], str]] = {
    "browse": (_always, "Without it the bot sees nothing of the project."),
    "comment": (_always, "Without it the bot cannot say what it proposes, nor keep that up to date."),
    "edit": (_always, "Without it nothing that people accept can be applied."),
    "label": (_never, f"Without it a tag is put on only where somebody has used it before; {ACCEPT_LABEL} too."),
    "link": (_links, "Without it duplicates cannot be linked; or name possible_duplicate under disabled_rules."),
    "create": (_creates, "Without it no sub-tasks can be made; or name oversized_item under disabled_rules."),
    "transition": (_never, "Without it a duplicate is linked, but cannot be closed, and no status is set."),
    "assign": (_never, "Without it nobody can be assigned."),
    "delete": (_never, "Without it what the bot created is not taken back by undo, and a rehearsal closes its item."),
}
"""What a right is for -> whether a project that is spoken to needs it, and what does not work without it."""


def project_findings(name: str, vendor: str, project: ProjectSettings, client: wiring.Client) -> Iterator[Finding]:
    """What there is to say of one project."""
    place = f"{name}: project {project.key}"
    try:
        called = client.names.project(project.key)
        words = client.reader.vocabulary(project.key)
    except TrackerError as error:
        unknown = isinstance(error, Missing | Invalid)
        yield Finding(False, f"{place}: {what_is(error)}", WHERE_KEYS_ARE[vendor] if unknown else remedy_inside(error))
        return
    if called != project.key:
        told = f"{place}: the tracker writes {called}; did you mean {called}?"
        yield Finding(False, told, f'Set key = "{called}" in its table: as {project.key} the bot hears nothing of it.')
        return
    try:
        page = client.reader.moved(project.key, None, scope=project.scope)
    except TrackerError as error:
        of_scope = isinstance(error, Invalid | Missing) and bool(project.scope)
        place = f'{place}: scope = "{project.scope}"' if of_scope else place
        yield Finding(False, f"{place}: {what_is(error)}", MEND_SCOPE[vendor] if of_scope else remedy_inside(error))
        return
    spoken = "comments" if project.mode == "suggest" else "only records (shadow mode)"
    yield Finding(True, f"{place} can be read; the bot {spoken}; {len(words.priorities)} priorities")
    if project.scope:
        more = " or more" if page.next else ""
        yield Finding(True, f"{place}: the scope is understood; it covers {len(page.items)}{more} items")
    if project.restricted_areas:
        yield _closed(place, project, client)
    yield from _rights(place, project, client)
    if project.mode == "suggest":
        yield from audience(place, vendor, project, client)
        yield from deciding(place, project, client, next(iter(page.items), None))


def _closed(place: str, project: ProjectSettings, client: wiring.Client) -> Finding:
    """A path with a slip of the pen would leave its items open to all."""
    try:
        found = client.reader.listed(project.key, restricted=True)
    except TrackerError as error:
        what = f"{place}: not every area under restricted_areas is known to the tracker"
        return Finding(False, what, f"Write the paths as the tracker shows them ({what_is(error)}).")
    more = " or more" if found.next else ""
    return Finding(True, f"{place}: the restricted areas are known; they hold {len(found.ids)}{more} items")


def _rights(place: str, project: ProjectSettings, client: wiring.Client) -> Iterator[Finding]:
    try:
        holdings = client.rights.held(project.key, project.scope)
    except TrackerError as error:
        yield Finding(False, f"{place}: the rights of the bot's account: {what_is(error)}", remedy_inside(error))
        return
    if project.mode == "shadow":
        yield _shadowed(place, project, holdings)
        return
    if held := [one.name for one in holdings if one.held]:
        yield Finding(True, f"{place}: the bot's account holds: {', '.join(held)}")
    for one in holdings:
        is_needed, without = NEEDS[one.deed]
        if one.held is False:
            yield Finding(not is_needed(project), f"{place}: the bot's account lacks: {one.name}", without)
    if unknown := [one.name for one in holdings if one.held is None]:
        told = f"{place}: the tracker does not tell whether the account holds: {', '.join(unknown)}"
        yield Finding(True, told, try_it(project))
    if _creates(project) and not any(one.held is False for one in holdings if one.deed == "create"):
        yield from _required(place, project, client)


def _shadowed(place: str, project: ProjectSettings, holdings: Sequence[Holding]) -> Finding:
    lacking = [one.name for one in holdings if one.held is False and NEEDS[one.deed][0](project)]
    enough = f"{place}: to read is enough in shadow mode"
    return Finding(True, enough, f'For mode = "suggest" give: {", ".join(lacking)}' if lacking else "")


def _required(place: str, project: ProjectSettings, client: wiring.Client) -> Iterator[Finding]:
    """Whether sub-tasks can be made with the values that the settings name."""
    values = tuple(FieldValue(name, value) for name, value in project.required_fields.items())
    try:
        lacking = client.rights.lacking(project.key, values)
    except TrackerError as error:
        yield Finding(False, f"{place}: what the project requires of sub-tasks: {what_is(error)}", remedy_inside(error))
        return
    told = f"{place}: sub-tasks lack values that the project requires: {', '.join(lacking)}"
    if lacking:
        yield Finding(False, told, GIVE_REQUIRED)
