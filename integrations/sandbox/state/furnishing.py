"""Setting a tracker up: its people, projects and words, and who is told of what happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Table, delete, func, insert, select, update

from integrations.sandbox import tables as t
from integrations.sandbox.cast import account, cast, vocabulary
from integrations.sandbox.records import (
    BotRights,
    Flavour,
    Happening,
    HappeningKind,
    Item,
    Project,
    Term,
    User,
)
from integrations.sandbox.state.reading import Readings
from integrations.sandbox.state.seclusion import Seclusion

Subscriber = Callable[[Happening], None]


class Furnished(Readings):
    """A tracker with its people and words. Nothing here asks for rights, and nobody is told."""

    def __init__(
        self,
        name: str,
        flavour: Flavour,
        path: str | Path | None = None,
        *,
        bot: BotRights = "administrator",
        language: str = "en",
    ) -> None:
        super().__init__(path)
        self.name = name
        self.flavour: Flavour = flavour
        self.counts_everything = flavour == "azure-devops"
        self._subscribers: list[Subscriber] = []
        self._pending: list[Happening] = []
        with self.transaction():
            if not self.users():
                self._furnish(bot, language)

    def _furnish(self, bot: BotRights, language: str) -> None:
        for term in vocabulary(self.flavour, language):
            self.add_term(term)
        people = cast(self.flavour, bot)
        for person, _ in people:
            self.add_user(person)
        azure = self.counts_everything
        project = self.add_project("Shop" if azure else "SHOP", "Shop" if azure else "Corner Shop")
        for person, role in people:
            self.set_role(project.key, person.name, role)
        if not azure:
            self.set_group("jira-administrators", [person.name for person, _ in people if person.is_administrator])
        self.set_group("shop-deciders", ["ada", "dana"])

    def close(self) -> None:
        """Closes the database; a tracker in memory is gone."""
        with self._lock:
            self._connection.close()
            self._engine.dispose()

    # telling

    def subscribe(self, subscriber: Subscriber) -> None:
        """Calls `subscriber` after each change, in order. It must be quick; it may read the tracker."""
        self._subscribers.append(subscriber)

    def _forget(self) -> None:
        self._pending.clear()

    def _tell(self) -> None:
        while self._pending:
            happening = self._pending.pop(0)
            for subscriber in self._subscribers:
                subscriber(happening)

    def _happened(self, kind: HappeningKind, item: Item, actor: User, at: datetime, **more: Any) -> None:
        self._pending.append(Happening(kind, item, actor, at, **more))

    def hush(self) -> None:
        """Inside a transaction: nobody is told of what has been done in it so far."""
        self._pending.clear()

    def _actor(self, actor: User | None) -> User:
        return self.user("ada") if actor is None else actor

    # set-up: people, projects, words (no rights asked, nobody told)

    def add_user(self, user: User) -> User:
        with self.transaction():
            self._run(insert(t.users), {f.name: getattr(user, f.name) for f in dataclass_fields(User)})
        return user

    def add_account(
        self,
        name: str,
        display_name: str | None = None,
        role: str | None = None,
        project: str = "",
        *,
        is_app: bool = False,
    ) -> User:
        """A new account with the id and token that follow from its login, in a role of a project if one is named."""
        with self.transaction():
            user = self.add_user(replace(account(self.flavour, name, display_name or name), is_app=is_app))
            if role is not None:
                self.set_role(project or self.projects()[0].key, name, role)
        return user

    def set_user(self, name: str, **values: Any) -> User:
        """Changes an account: is_administrator, active, token, display_name, mail, time_zone."""
        with self.transaction():
            self._run(update(t.users).where(t.users.c.name == name).values(**values))
            return self.user(name)

    def set_role(self, project: str, user: str, role: str | None) -> None:
        """Puts an account into one role of a project (see ROLE_RIGHTS), or with None out of all."""
        with self.transaction():
            self._run(delete(t.roles).where((t.roles.c.project == project) & (t.roles.c.user == user)))
            if role is not None:
                self._run(insert(t.roles), {"project": project, "user": user, "role": role})

    def set_group(self, name: str, members: Iterable[str]) -> None:
        """Makes these logins the members of a group."""
        with self.transaction():
            self._run(delete(t.group_members).where(t.group_members.c.name == name))
            for member in members:
                self._run(insert(t.group_members), {"name": name, "user": member})

    def add_project(
        self, key: str, name: str, *, private: bool = False, roles: Mapping[str, str] | None = None
    ) -> Project:
        """`roles` is login -> role."""
        with self.transaction():
            project_id = self._next(t.projects, 10000)
            self._run(
                insert(t.projects), {"id": project_id, "key": key, "name": name, "private": private, "last_number": 0}
            )
            for user, role in (roles or {}).items():
                self.set_role(key, user, role)
            return self.project(key)

    def set_private(self, project: str, private: bool) -> None:
        with self.transaction():
            self._run(update(t.projects).where(t.projects.c.key == project).values(private=private))

    def arrangement(self, project: str) -> Any:
        """What the vendor's wire keeps of how a project is arranged (JSON); None for one that is as it came."""
        with self.transaction():
            return self._run(select(t.arrangements.c.value).where(t.arrangements.c.project == project)).scalar()

    def set_arrangement(self, project: str, value: Any) -> None:
        with self.transaction():
            self._run(delete(t.arrangements).where(t.arrangements.c.project == project))
            self._run(insert(t.arrangements), {"project": project, "value": value})

    def seclude(self, place: Seclusion) -> None:
        """Makes a level or an area one that only its members see into, or changes who they are."""
        with self.transaction():
            same = (t.seclusions.c.kind == place.kind) & (t.seclusions.c.name == place.name)
            self._run(delete(t.seclusions).where(same))
            self._run(insert(t.seclusions), place._asdict() | {"members": list(place.members)})

    def add_term(self, term: Term) -> Term:
        """Adds a word to one of the tracker's lists; id 0 gives it the next free one."""
        with self.transaction():
            if not term.id:
                known = [other.id for other in self.terms(term.kind)]
                term = replace(term, id=max(known, default=9999) + 1, rank=term.rank or len(known))
            self._run(insert(t.terms), {f.name: getattr(term, f.name) for f in dataclass_fields(Term)})
            return term

    def skip_number(self, project: str) -> None:
        """Moves a project's counter, as Jira does for an issue that it then refuses to create."""
        with self.transaction():
            raised = t.projects.c.last_number + 1
            self._run(update(t.projects).where(t.projects.c.key == project).values(last_number=raised))

    def highest(self, table: Table) -> int:
        """The highest id that this table ever gave out, also to what has been deleted since."""
        last = self._run(select(t.counters.c.last).where(t.counters.c.name == table.name)).scalar()
        known = self._run(select(func.max(table.c.id))).scalar()
        return max(int(last or 0), int(known or 0))

    def _next(self, table: Table, floor: int) -> int:
        """An id that was never given out before."""
        number = max(self.highest(table), floor) + 1
        self._run(delete(t.counters).where(t.counters.c.name == table.name))
        self._run(insert(t.counters), {"name": table.name, "last": number})
        return number
