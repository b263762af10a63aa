"""Who may decide by a comment: may the bot ask the tracker, and are those whom the settings name there?"""

from __future__ import annotations

from collections.abc import Iterator

from bot import wiring
from bot.doctor.findings import Finding, what_is
from bot.settings import ProjectSettings
from integrations.tracker import ACCEPT_LABEL, Named, Right, TrackerError
from rules.model import WorkItem

LABEL_ONLY = f"nobody can decide by a comment, only by the label {ACCEPT_LABEL}"
LIST_THEM = "List people under accept_people, by their ids, or groups under accept_groups."
WHERE_IDS_ARE = "An id is wanted, no name and no address; the guide of the product says where to find it."


def deciding(place: str, project: ProjectSettings, client: wiring.Client, item: WorkItem | None) -> Iterator[Finding]:
    """Whether the bot may ask who may decide: it tries on one item, which writes nothing. And who else may."""
    yield from _listed(place, project, client)
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
    told = f"{place}: the bot may not ask the tracker for people's rights; {others}"
    # Its comments ask for replies that it could not obey.
    yield Finding(lists_somebody, told, missing if lists_somebody else f"{LIST_THEM} {missing}".rstrip())


def _listed(place: str, project: ProjectSettings, client: wiring.Client) -> Iterator[Finding]:
    """Whether those whom the settings name are there: who is not can decide nothing, and nobody would say so."""
    for setting, names in (("accept_people", project.accept_people), ("accept_groups", project.accept_groups)):
        unseen = []
        for name in names:
            try:
                people = setting == "accept_people"
                found = client.names.person(name) if people else client.names.group(name, project.key)
            except TrackerError:
                found = Named(None)
            if found.known is False:
                what = "is no id of a person" if people else "is no group or role that there is"
                yield Finding(False, f"{place}: {setting} names {name}, which {what}", _instead(found, people=people))
            elif found.known is None:
                unseen.append(name)
        if unseen:
            told = f"{place}: whether there is what {setting} names is not known: {', '.join(unseen)}"
            yield Finding(True, told, "The bot's account may not look that up.")


def _instead(found: Named, *, people: bool) -> str:
    if not people:
        return f"There is: {', '.join(found.others)}." if found.others else "Look for its name in the tracker."
    return f"Take the id: {' or '.join(found.others)}." if found.others else WHERE_IDS_ARE


def _asked(client: wiring.Client, item: WorkItem) -> Right | None:
    """The tracker's word on the first person at hand; for an integration it would not even be asked."""
    for person in (client.people.me(), item.reporter, item.assignee):
        if person is not None and person.id and not person.is_app:
            return client.people.may_edit(person, item.key)
    return None
