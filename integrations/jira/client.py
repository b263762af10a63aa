"""One connection to a Jira: it holds the session and hands out the ports."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

from integrations.exchanges import Observe, unobserved
from integrations.jira.changes import JiraApplier
from integrations.jira.changes.created.untouched import UntouchedItems
from integrations.jira.changes.live import LiveIssues
from integrations.jira.commenter import JiraCommenter, JiraDrafter
from integrations.jira.hooks import JiraHooks
from integrations.jira.markup import AdfMarkup, Markup, WikiMarkup
from integrations.jira.markup.sections import AdfSections, Sections, WikiSections
from integrations.jira.people import JiraPeople
from integrations.jira.reader import JiraReader
from integrations.jira.session import DEFAULT_PATIENCE, BasicAuth, BearerAuth, Flavour, JiraSession, Patience
from integrations.jira.subtasks import SubTasks
from integrations.jira.tokens import token_end
from integrations.jira.trial.names import JiraNames
from integrations.jira.trial.rights import JiraRights
from integrations.jira.trial.scratch import JiraRehearser
from integrations.pace import Board
from integrations.tracker import Applier, Commenter, Drafter, Hooks, Names, People, Reader, Rehearser, Rights
from integrations.transport import PLAIN, Transport


def _utc_now() -> datetime:
    return datetime.now(UTC)


class JiraConnection:
    """A Jira site as one account sees it.

    `reader`, `commenter`, `drafter`, `applier`, `people`, `hooks`, `names`, `rights` and `rehearser` are the ports.

    `base_url` is where the REST interface is asked (for a scoped token of Cloud: https://api.atlassian.com/ex/jira/ID),
    `browse_url` the site that people open, the same if not given. All ports may be shared among threads. `sleep`,
    `clock` (seconds, monotonic) and `now` are for tests; `observer` is told of each request. `transport` is how
    requests travel, `board` where the tracker's limits are kept for all processes.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        auth: BasicAuth | BearerAuth,
        flavour: Flavour,
        *,
        browse_url: str | None = None,
        timeout: tuple[float, float] = (3.05, 20.0),
        patience: Patience = DEFAULT_PATIENCE,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = _utc_now,
        observer: Observe = unobserved,
        transport: Transport = PLAIN,
        board: Board | None = None,
    ) -> None:
        self._browse_url = (browse_url or base_url).rstrip("/")
        session = JiraSession(
            base_url,
            auth,
            flavour,
            timeout=timeout,
            patience=patience,
            sleep=sleep,
            clock=clock,
            observer=observer,
            transport=transport,
            board=board,
        )
        self._session, self._tells_of_tokens = session, flavour == "data_center"
        self._open(name, flavour, session, base_url, now)

    def _open(
        self, name: str, flavour: Flavour, session: JiraSession, base_url: str, now: Callable[[], datetime]
    ) -> None:
        """Builds the ports."""
        people = JiraPeople(session, flavour)
        markup: Markup
        sections: Sections
        if flavour == "cloud":
            markup, sections = AdfMarkup(self.browse), AdfSections(self.browse)
        else:
            markup = WikiMarkup(self.browse, people.user_name)
            sections = WikiSections(self.browse, people.user_name)
        reader = JiraReader(session, flavour, name, markup, people.account, now)
        self.people: People = people
        self.hooks: Hooks = JiraHooks(session, flavour, base_url, self._browse_url)
        self.reader: Reader = reader
        self.names: Names = JiraNames(session, flavour)
        self.rights: Rights = JiraRights(session, flavour, reader, markup.render)
        self.rehearser: Rehearser = JiraRehearser(session, flavour, reader, markup, people.account)
        self.commenter: Commenter = JiraCommenter(session, flavour, markup, reader, people.account)
        live = LiveIssues(session, reader, people.account, quiet=flavour == "data_center")
        self.drafter: Drafter = JiraDrafter(reader, SubTasks(session, reader), markup, UntouchedItems(session, live))
        self.applier: Applier = JiraApplier(session, flavour, live, reader, markup, sections, people.name_of)

    def token_end(self) -> datetime | None:
        """When the token ends; None where Jira does not tell. Raises Unreachable and Throttled."""
        return token_end(self._session) if self._tells_of_tokens else None

    def browse(self, key: str) -> str:
        """The address of an issue's page."""
        return f"{self._browse_url}/browse/{quote(key, safe='')}"
