"""Who alone may read the bot's comments: are they there, and is the bot one of them?"""

from __future__ import annotations

from collections.abc import Iterator

from bot import wiring
from bot.doctor.findings import Finding, what_is
from bot.settings import ProjectSettings
from integrations.tracker import TrackerError


def audience(place: str, vendor: str, project: ProjectSettings, client: wiring.Client) -> Iterator[Finding]:
    """What there is to say of comments_for: to others than themselves the tracker does not let an account write."""
    if not project.comments_for:
        return
    kind, _, group = (part.strip() for part in project.comments_for.partition(":"))
    told = f"{place}: comments are for {project.comments_for}"
    if vendor == "azure-devops":
        shown = f"{told}, but Azure DevOps shows a comment to all who see the item"
        yield Finding(False, shown, "Take comments_for out of the project's settings.")
        return
    try:
        named = client.names.group(group, project.key, kind)
        if named.known is False:
            there = f"There is: {', '.join(named.others)}." if named.others else "Look for its name in the tracker."
            yield Finding(False, f"{told}, and there is no such {kind}", f"{there} Else no comment is taken.")
            return
        belongs = client.people.in_group(client.people.me(), group, project.key)
    except TrackerError as error:
        yield Finding(True, f"{told}; whether the bot is among them is not known: {what_is(error)}", try_it(project))
        return
    remedy = "" if belongs else "Put the bot's account among them: else the tracker takes no comment for them from it."
    yield Finding(belongs, told if belongs else f"{told}, and the bot is not among them", remedy)


def try_it(project: ProjectSettings) -> str:
    """How to know what nobody tells."""
    return f"Try it: steward doctor --rehearse {project.key}"
