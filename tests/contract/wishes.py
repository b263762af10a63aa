"""Every kind of change as a team would wish for it, in a project with its own fields, workflow and words.

The project is arranged as real ones are: a field of its own for acceptance criteria, story points, components or areas,
a value that every new sub-task must have, and a status that asks for one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from integrations.sandbox.azure_devops.processes import AGILE, GERMAN
from integrations.sandbox.azure_devops.resources.areas import add_area
from integrations.sandbox.jira.scheme import CUSTOM, EPIC_LINK, Field, Scheme, Step, arrange
from integrations.sandbox.records import Item, Term
from rules.changes import (
    AddChildren,
    AddCriteria,
    AddLabel,
    AddSection,
    AddSubtasks,
    Change,
    CloseDuplicate,
    Criterion,
    LinkDuplicate,
    RewriteDescription,
    SetField,
    SetPriority,
)
from rules.model import Context, Finding, WorkItem

TEXT = "As a buyer I want to keep my cart.\n\nIt is lost when I sign out."
CRITERIA = "Microsoft.VSTS.Common.AcceptanceCriteria"
ACTIVITY = "Microsoft.VSTS.Common.Activity"
STORY_POINTS = "Microsoft.VSTS.Scheduling.StoryPoints"
OWN_CRITERIA, POINTS, RISK, TEAM, EPIC = (f"customfield_{n}" for n in (10050, 10016, 10031, 10060, 10014))
TEXT_LINE, TEXT_AREA, SELECT = (
    {"type": kind, "custom": f"{CUSTOM}:{form}"}
    for kind, form in (("string", "textfield"), ("string", "textarea"), ("option", "select"))
)


class Words(NamedTuple):
    """What a project calls its types, statuses, priorities (by urgency) and fields."""

    story: str
    bug: str
    epic: str
    first: str
    doing: str
    done: str
    usual: str
    urgent: str
    of_a_subtask: str
    of_the_move: str
    criteria: str = "Acceptance criteria"


ENGLISH = Words("Story", "Bug", "Epic", "To Do", "In Progress", "Done", "Medium", "High", "Team", "Risk")
GERMAN_WORDS = Words(
    *("Geschichte", "Fehler", "Epos", "Zu erledigen", "In Arbeit", "Fertig", "Mittel", "Hoch"),
    *("Mannschaft", "Risiko", "Akzeptanzkriterien"),
)
AGILE_WORDS = Words("User Story", "Bug", "Epic", "New", "Active", "Closed", "2", "1", "Activity", "Activity")
GERMAN_AGILE = Words(
    *("Anforderung", "Fehler", "Epos", "Neu", "In Arbeit", "Geschlossen", "2", "1", "Aktivität", "Aktivität")
)


class Drafting:
    """A rule that finds what a test wants to be found on an item, by its key; the first has number 1."""

    NAME = "wished"

    def __init__(self) -> None:
        self.changes: dict[str, list[Change]] = {}

    def check(self, item: WorkItem, context: Context) -> Iterable[Finding]:
        """One finding for each change that somebody wishes for."""
        for place, change in enumerate(self.changes.get(item.key, ())):
            yield Finding(self.NAME, "", "The team agreed on it", 90 - place, change.kind, change=change)


@dataclass(frozen=True, slots=True)
class Wish:
    """One change; `shows` gives what the tracker holds of it now, `then` is that when it is made."""

    change: Change
    shows: Callable[[], Any]
    then: Any = True


class Wanted:
    """An item, and what is wished for it. `lines` are given where the project wants more, by the number of a wish.

    `spoiling` is an edit after which no wish can be made as it was shown, but the `free` ones. `creates`: the last wish
    creates items.
    """

    def __init__(self, world: Any, words: Words, type_: str, **values: Any) -> None:
        self.world, tracker = world, world.tracker
        usual: dict[str, Any] = {"priority": words.usual}
        usual |= {"status": words.first, "System.Reason": "New"} if world.flavour == "azure-devops" else {}
        author, text = tracker.user("rae"), world.native(TEXT)
        self.item: Item = tracker.create_item(author, world.project, type_, "The cart", text, **usual, **values)
        self.wishes: list[Wish] = []
        self.lines: dict[int, str] = {}
        self.spoiling: dict[str, Any] = {}
        self.free: list[Wish] = []
        self.creates = False

    def now(self) -> Item:
        """The item as the tracker has it."""
        found: Item = self.world.now(self.item)
        return found

    def wish(self, change: Change, shows: Callable[[], Any], then: Any = True) -> None:
        """One more change."""
        self.wishes.append(Wish(change, shows, then))

    def numbers(self) -> range:
        """The numbers under which the wishes are shown."""
        return range(1, len(self.wishes) + 1)

    def as_it_is(self) -> Any:
        """All that the tracker holds of the item (itself, links, children), but how often and by whom it was edited."""
        now, tracker = self.now(), self.world.tracker
        bare = replace(now, rev=0, updated=now.created, updated_by="")
        return bare, tracker.items_linked(now.id), tracker.children(now.id)


def words_of(world: Any, language: str) -> Words:
    if world.flavour == "azure-devops":
        return AGILE_WORDS if language == "en" else GERMAN_AGILE
    return ENGLISH if language == "en" else GERMAN_WORDS


def furnish(world: Any, language: str, *, way_back: bool = True) -> None:
    """Arrange the project. Without `way_back`, what is closed cannot be opened again."""
    words = words_of(world, language)
    if world.flavour == "azure-devops":
        process, task = (AGILE, "Task") if language == "en" else (GERMAN, "Aufgabe")
        wanted = {name: frozenset({ACTIVITY}) for name in ((words.doing,) if way_back else (words.first,))}
        world.mounted.vendor.give_process(
            world.project, replace(process, required={task: frozenset({ACTIVITY})}, required_in=wanted)
        )
        for area in ("Checkout", "Web"):
            add_area(world.tracker, world.tracker.project(world.project), f"{world.project}\\{area}")
        return
    subtask = next(term.name for term in world.tracker.terms("type") if term.category == "subtask")
    epic_link = Field(EPIC, "Epic Link", {"type": "any", "custom": EPIC_LINK})
    fields = (
        Field(OWN_CRITERIA, words.criteria, {**TEXT_AREA, "customId": 10050}, types=(words.story,)),
        Field(RISK, words.of_the_move, {**TEXT_LINE, "customId": 10031}),
        Field(TEAM, words.of_a_subtask, {**SELECT, "customId": 10060}, True, options=("Web", "Shop"), types=(subtask,)),
        *([epic_link] if world.flavour == "jira-data-center" else []),
    )
    back = [Step("Again", words.first)] if way_back else []
    steps = (Step("Begin", words.doing, (), (f"!{RISK}",)), Step("Close", words.done, (), ("resolution",)), *back)
    arrange(world.tracker, world.project, Scheme(fields=fields, steps=steps))
    if not world.tracker.terms("component"):
        for name in ("Web", "Checkout"):
            world.tracker.add_term(Term("component", 0, name))


def everything(world: Any, language: str) -> list[Wanted]:
    """Five items, on which together every kind of change is wished for."""
    words = words_of(world, language)
    given = (
        _fields(world, words),
        _story(world, words),
        _begun(world, words),
        _copy(world, words),
        _epic(world, words),
    )
    return list(given)


def _fields(world: Any, words: Words) -> Wanted:
    azure, lee = world.flavour == "azure-devops", world.tracker.user("lee")
    points = STORY_POINTS if azure else POINTS
    old, new = (f"{world.project}\\{name}" if azure else name for name in ("Web", "Checkout"))
    where, held, nowhere = ("System.AreaPath", old, world.project) if azure else ("components", ("Web",), ())
    one = Wanted(world, words, words.bug, **{points: 3.0, where: held})
    now = one.now
    one.wish(SetPriority(words.usual, words.urgent), lambda: now().priority, words.urgent)
    one.wish(SetField("summary", "The cart", "Keep the cart"), lambda: now().summary, "Keep the cart")
    one.wish(SetField("component", old, new), lambda: new in (*now().components, now().fields.get(where)))
    one.wish(SetField("estimate", "3", "5"), lambda: now().fields[points], 5)
    one.wish(SetField("assignee", None, lee.display_name, lee.id), lambda: now().assignee, "lee")
    one.spoiling = {"priority": world.priority("lowest"), "summary": "Mine", where: nowhere, points: 8.0}
    one.spoiling["assignee"] = "dana"
    return one


def _story(world: Any, words: Words) -> Wanted:
    own = CRITERIA if world.flavour == "azure-devops" else OWN_CRITERIA
    other = Wanted(world, words, words.story).item
    one = Wanted(world, words, words.story)
    linked, children = world.tracker.items_linked, world.tracker.children
    kept = AddCriteria((Criterion("The cart is kept."), Criterion("For 30 days.", is_assumption=True)))
    section = AddSection("Steps to reproduce", ("On any device.",), ("Fill the cart", "Sign out"))
    one.wish(kept, lambda: "The cart is kept." in str(one.now().fields.get(own)))
    one.wish(section, lambda: "Sign out" in world.description(one.item))
    one.wish(AddLabel("needs-details"), lambda: one.now().labels, ("needs-details",))
    one.wish(LinkDuplicate(other.key, other.summary), lambda: linked(one.item.id), [other.id])
    parts = ["Keep it", "Show it"]
    one.wish(AddSubtasks(tuple(parts)), lambda: [child.summary for child in children(one.item.id)], parts)
    one.lines = {5: f"{words.of_a_subtask} = {'Design' if own == CRITERIA else 'web'}"}
    one.spoiling = {"description": world.native("Something else."), own: world.native("Ours.")}
    one.free, one.creates = one.wishes[2:4], True
    return one


def _begun(world: Any, words: Words) -> Wanted:
    risk = ACTIVITY if world.flavour == "azure-devops" else RISK
    one = Wanted(world, words, words.bug)
    kept = AddCriteria((Criterion("The cart is kept."),))
    one.wish(kept, lambda: "The cart is kept." in world.description(one.item))
    begun = (words.doing, "Design")
    one.wish(
        SetField("status", words.first, words.doing), lambda: (one.now().status, one.now().fields.get(risk)), begun
    )
    one.lines = {2: f"{words.of_the_move} = Design"}
    one.spoiling = {"description": world.native("Something else."), "status": words.done}
    return one


def _copy(world: Any, words: Words) -> Wanted:
    other = Wanted(world, words, words.bug).item
    one = Wanted(world, words, words.bug)
    anew = "A cart outlives its session."
    one.wish(RewriteDescription(anew), lambda: world.description(one.item), anew)
    closed = CloseDuplicate(other.key, other.summary)
    one.wish(closed, lambda: (world.tracker.items_linked(one.item.id), one.now().category), ([other.id], "done"))
    one.spoiling = {"description": world.native("Something else."), "status": words.doing}
    return one


def _epic(world: Any, words: Words) -> Wanted:
    one = Wanted(world, words, words.epic)
    stories = ["Keep carts", "Show carts"]
    below = world.tracker.children
    change = AddChildren(words.story, tuple(stories))
    one.wish(change, lambda: [child.summary for child in below(one.item.id)], stories)
    one.spoiling, one.creates = {"summary": "Mine"}, True
    return one
