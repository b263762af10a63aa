"""May this person decide on this item? Asked live, each time; whatever is not known is no.

First the tracker's own answer; where the bot may not ask, the project's allow-list of people and groups; where there
is none, the label is the way left, because the tracker itself checks who may set it.
"""

from __future__ import annotations

from bot.answers import no_way_to_ask
from bot.flows.desk import AcceptanceDesk, Project
from bot.words.help import WhoDecides
from integrations.tracker import Invalid, Missing, Refused, Right
from languages import say
from rules.model import Person, WorkItem


def may_edit(
    desk: AcceptanceDesk, project: Project, person: Person, item: WorkItem, *, accepting: bool = False
) -> Right:
    """Whether a person may edit an item; `missing` says what would have to change, in words for that person.

    Only who is `accepting` is told of the label: it accepts all that is shown.
    """
    if not person.id:
        return Right(False, say("the tracker does not say who you are"))
    if person.is_app:
        return Right(False, say("an integration cannot decide; a person has to"))
    try:
        right = desk.people.may_edit(person, item.key)
    except (Refused, Missing, Invalid):
        right = Right(None)
    if right.allowed is not None:
        return right
    if person.id in project.accept_people or _in_a_group(desk, project, person):
        return Right(True)
    if project.accept_people or project.accept_groups:
        missing = say(
            "you are not among the people who may decide in {project}; an administrator can add you",
            project=project.key,
        )
        return Right(False, missing)
    return Right(False, no_way_to_ask(accepting=accepting))


def who_decides(desk: AcceptanceDesk, project: Project, person: Person, item: WorkItem) -> WhoDecides:
    """What it is that says who may edit this item, asked live for one person."""
    try:
        if person.id and desk.people.may_edit(person, item.key).allowed is not None:
            return "tracker"
    except (Refused, Missing, Invalid):
        pass
    return "list" if project.accept_people or project.accept_groups else "label"


def still_may_edit(desk: AcceptanceDesk, person: Person, item: WorkItem) -> Right:
    """Whether a person who gave the word by an edit of the item may still edit it.

    The tracker let them when it took that edit, and where it may not be asked again that answer stands.
    """
    try:
        right = desk.people.may_edit(person, item.key)
    except (Refused, Missing, Invalid):
        return Right(True)
    return right if right.allowed is False else Right(True)


def may_reject(desk: AcceptanceDesk, project: Project, person: Person, item: WorkItem) -> Right:
    """As `may_edit`; the item's reporter may say no as well."""
    if item.reporter is not None and person.id and item.reporter.id == person.id and not person.is_app:
        return Right(True)
    return may_edit(desk, project, person, item)


def _in_a_group(desk: AcceptanceDesk, project: Project, person: Person) -> bool:
    for group in project.accept_groups:
        try:
            if desk.people.in_group(person, group, project.key):
                return True
        except (Refused, Missing, Invalid):
            continue
    return False
