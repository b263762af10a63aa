"""Each project: can it be read, what may the bot's account do there, and who may decide?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bot import wiring
from bot.doctor.findings import Finding, remedy_for, what_is
from bot.settings import ProjectSettings
from integrations.tracker import ACCEPT_LABEL, Deed, Holding, Right, TrackerError
from rules.changes import FieldValue
from rules.model import WorkItem

LABEL_ONLY = f"nobody can decide by a comment, only by the label {ACCEPT_LABEL}"


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
        words = client.reader.vocabulary(project.key)
        page = client.reader.moved(project.key, None, scope=project.scope)
    except TrackerError as error:
        yield Finding(False, f"{place}: {what_is(error)}", remedy_for(error))
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
        yield from _audience(place, vendor, project, client)
        yield from _deciding(place, project, client, next(iter(page.items), None))


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
        yield Finding(False, f"{place}: the rights of the bot's account: {what_is(error)}", remedy_for(error))
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
        yield Finding(True, told, _try(project))
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
        yield Finding(False, f"{place}: what the project requires of sub-tasks: {what_is(error)}", remedy_for(error))
        return
    told = f"{place}: sub-tasks lack values that the project requires: {', '.join(lacking)}"
    if lacking:
        yield Finding(False, told, "Give them under required_fields of the project, or have the tracker ask for none.")


def _audience(place: str, vendor: str, project: ProjectSettings, client: wiring.Client) -> Iterator[Finding]:
    """Whether the bot belongs to those who alone may read its comments: to others the tracker does not let it write."""
    if not project.comments_for:
        return
    group = project.comments_for.partition(":")[2].strip()
    told = f"{place}: comments are for {project.comments_for}"
    if vendor == "azure-devops":
        shown = f"{told}, but Azure DevOps shows a comment to all who see the item"
        yield Finding(False, shown, "Take comments_for out of the project's settings.")
        return
    try:
        belongs = client.people.in_group(client.people.me(), group, project.key)
    except TrackerError as error:
        yield Finding(True, f"{told}; whether the bot is among them is not known: {what_is(error)}", _try(project))
        return
    remedy = "" if belongs else "Put the bot's account among them: else the tracker takes no comment for them from it."
    yield Finding(belongs, told if belongs else f"{told}, and the bot is not among them", remedy)


def _try(project: ProjectSettings) -> str:
    return f"Try it: steward doctor --rehearse {project.key}"


def _deciding(place: str, project: ProjectSettings, client: wiring.Client, item: WorkItem | None) -> Iterator[Finding]:
    """Whether the bot may ask who may decide: it tries on one item, which writes nothing."""
    lists_somebody = bool(project.accept_people or project.accept_groups)
    try:
        right = _asked(client, item) if item is not None else None
    except TrackerError as error:
        yield Finding(False, f"{place}: whether the bot may ask for people's rights is not known: {what_is(error)}")
        return
    if right is not None and right.allowed is not None:
        yield Finding(True, f"{place}: the bot may ask the tracker for people's rights; who may edit an item decides")
        return
    others = "those under accept_people and accept_groups decide" if lists_somebody else LABEL_ONLY
    if right is None:
        seen = "no item to try on, so whether the bot may ask for people's rights is not known"
        yield Finding(True, f"{place}: {seen}", f"If it may not, {others}.")
        return
    missing = f"What stands in the way: {right.missing.rstrip('.')}." if right.missing else ""
    yield Finding(
        True,
        f"{place}: the bot may not ask the tracker for people's rights; {others}",
        missing if lists_somebody else f"List people under accept_people or accept_groups. {missing}".rstrip(),
    )


def _asked(client: wiring.Client, item: WorkItem) -> Right | None:
    """The tracker's word on the first person at hand; for an integration it would not even be asked."""
    for person in (client.people.me(), item.reporter, item.assignee):
        if person is not None and person.id and not person.is_app:
            return client.people.may_edit(person, item.key)
    return None
