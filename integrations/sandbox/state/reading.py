"""The reading half of a tracker: every question one may ask of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    bindparam,
    func,
    or_,
    select,
    true,
)

from integrations.sandbox import tables as t
from integrations.sandbox.cast import ROLE_RIGHTS
from integrations.sandbox.records import (
    Attachment,
    Comment,
    Forbidden,
    HistoryEntry,
    Item,
    Link,
    NotFound,
    Permission,
    Project,
    Term,
    User,
)
from integrations.sandbox.state.connection import Connection
from integrations.sandbox.state.seclusion import Seclusion, is_open_to, open_to

# What is asked for each item of a list, built once.
_OF: BindParameter[int] = bindparam("of")
_CHILDREN = select(t.items).where(t.items.c.parent == _OF).order_by(t.items.c.id)
_COMMENTS = select(t.comments).where(t.comments.c.item == _OF).order_by(t.comments.c.id)
_LINKS = select(t.links).where(or_(t.links.c.source == _OF, t.links.c.target == _OF)).order_by(t.links.c.id)


class Readings(Connection):
    """Reads of one tracker. A `viewer` of None is the sandbox itself, which may see everything."""

    # people

    def users(self) -> list[User]:
        def read() -> list[User]:
            return [t.user_of(row) for row in self._run(select(t.users).order_by(t.users.c.name)).mappings()]

        with self.transaction():
            return list(self._remember("users", "", read))

    def _user(self, condition: ColumnElement[bool]) -> User | None:
        with self.transaction():
            row = self._run(select(t.users).where(condition)).mappings().first()
        return None if row is None else t.user_of(row)

    def user(self, name: str) -> User:
        """The account of this login. Raises NotFound."""
        found = next((user for user in self.users() if user.name == name), None)
        if found is None:
            raise NotFound("user", name)
        return found

    def user_by_id(self, user_id: str) -> User | None:
        return self._user(t.users.c.id == user_id)

    def user_by_token(self, token: str) -> User | None:
        """The active account that holds this token."""
        return self._user((t.users.c.token == token) & t.users.c.active)

    def groups(self) -> dict[str, list[User]]:
        """Every group with its members."""
        with self.transaction():
            rows = self._run(
                select(t.group_members.c.name.label("group_name"), t.users)
                .join_from(t.group_members, t.users, t.group_members.c.user == t.users.c.name)
                .order_by(t.group_members.c.name, t.users.c.name)
            ).mappings()
            found: dict[str, list[User]] = {}
            for row in rows:
                account = t.user_of({k: v for k, v in row.items() if k != "group_name"})
                found.setdefault(row["group_name"], []).append(account)
            return found

    # rights

    def roles(self, project: str) -> dict[str, str]:
        """Login -> role in this project."""

        def read() -> dict[str, str]:
            rows = self._run(select(t.roles.c.user, t.roles.c.role).where(t.roles.c.project == project))
            return {row.user: row.role for row in rows}

        with self.transaction():
            return dict(self._remember("roles", project, read))

    def may(self, user: User | None, permission: Permission, project: Project) -> bool:
        """Whether this account has this permission in this project, now."""
        if user is None:
            return True
        if not user.active:
            return False
        role = self.roles(project.key).get(user.name)
        if role is None:
            return permission == "browse" and not project.private
        return permission in ROLE_RIGHTS[role]

    def demand(self, user: User | None, permission: Permission, project: Project) -> None:
        """Raises NotFound where the person may not browse the project, Forbidden where another right is missing."""
        if not self.may(user, "browse", project):
            raise NotFound("project", project.key)
        if not self.may(user, permission, project):
            raise Forbidden(permission)

    # projects and words

    def projects(self, viewer: User | None = None) -> list[Project]:
        def read() -> list[Project]:
            return [t.project_of(row) for row in self._run(select(t.projects).order_by(t.projects.c.id)).mappings()]

        with self.transaction():
            return [project for project in self._remember("projects", "", read) if self.may(viewer, "browse", project)]

    def project(self, key: str | int, viewer: User | None = None) -> Project:
        """By key, id (as number or text) or name. Raises NotFound, also where the viewer may not browse it."""
        wanted = str(key).casefold()
        for project in self.projects(viewer):
            if wanted in (project.key.casefold(), str(project.id), project.name.casefold()):
                return project
        raise NotFound("project", key)

    def terms(self, kind: str) -> list[Term]:
        """One of the tracker's lists (see Term), in its order."""

        def read() -> list[Term]:
            rows = self._run(select(t.terms).where(t.terms.c.kind == kind).order_by(t.terms.c.rank, t.terms.c.id))
            return [t.term_of(row) for row in rows.mappings()]

        with self.transaction():
            return list(self._remember("terms", kind, read))

    def term(self, kind: str, name: str | int) -> Term:
        """By name (letter case aside) or id. Raises NotFound."""
        wanted = str(name).casefold()
        for term in self.terms(kind):
            if wanted in (term.name.casefold(), str(term.id)):
                return term
        raise NotFound(kind, name)

    # items

    def item(self, which: int | str, viewer: User | None = None) -> Item:
        """By id (number or digits) or key. Raises NotFound, also where the viewer may not see it."""
        text = str(which)
        by_id = text.isascii() and text.isdigit() and len(text) < 12
        condition = t.items.c.id == int(text) if by_id else t.items.c.key == text.upper()
        with self.transaction():
            row = self._run(select(t.items).where(condition, self._open_to(viewer))).mappings().first()
            if row is None or not self.may(viewer, "browse", self.project(row["project"])):
                raise NotFound("item", which)
            return t.item_of(row)

    def select(
        self,
        where: ColumnElement[bool] | None = None,
        order: Sequence[ColumnElement[Any]] = (),
        viewer: User | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Item]:
        """Items that match a condition over `tables.items` (and `tables.labels`), as far as the viewer may browse."""
        with self.transaction():
            statement = select(t.items).where(self._visible(viewer))
            if where is not None:
                statement = statement.where(where)
            rows = self._run(statement.order_by(*(order or (t.items.c.id,))).limit(limit).offset(offset)).mappings()
            return [t.item_of(row) for row in rows]

    def count(self, where: ColumnElement[bool] | None = None, viewer: User | None = None) -> int:
        """How many items `select` would find without a limit."""
        with self.transaction():
            statement = select(func.count()).select_from(t.items).where(self._visible(viewer))
            return int(self._run(statement if where is None else statement.where(where)).scalar_one())

    def _visible(self, viewer: User | None) -> ColumnElement[bool]:
        return t.items.c.project.in_([project.key for project in self.projects(viewer)]) & self._open_to(viewer)

    def seclusions(self) -> list[Seclusion]:
        """The levels and areas that only their members see into."""

        def read() -> list[Seclusion]:
            rows = self._run(select(t.seclusions)).all()
            return [Seclusion(row.kind, row.name, tuple(row.members)) for row in rows]

        with self.transaction():
            return list(self._remember("seclusions", "", read))

    def _open_to(self, viewer: User | None) -> ColumnElement[bool]:
        return true() if viewer is None else open_to(viewer.name, self.seclusions())

    def sees(self, viewer: User | None, item: Item) -> bool:
        """Whether an account may see an item: its project, and the level or area that it is in."""
        if viewer is None:
            return True
        known = self.may(viewer, "browse", self.project(item.project))
        return known and is_open_to(viewer.name, item.fields, self.seclusions())

    def children(self, item_id: int) -> list[Item]:
        """The items whose parent this is, oldest first."""
        with self.transaction():
            return [t.item_of(row) for row in self._run(_CHILDREN, {"of": item_id}).mappings()]

    def history(self, item_id: int) -> list[HistoryEntry]:
        """Oldest first."""
        with self.transaction():
            rows = self._run(select(t.history).where(t.history.c.item == item_id).order_by(t.history.c.id)).mappings()
            return [t.entry_of(row) for row in rows]

    def links(self, item_id: int) -> list[Link]:
        """All links that have this item at one of their ends."""
        with self.transaction():
            return [t.link_of(row) for row in self._run(_LINKS, {"of": item_id}).mappings()]

    def link(self, link_id: int) -> Link:
        with self.transaction():
            row = self._run(select(t.links).where(t.links.c.id == link_id)).mappings().first()
        if row is None:
            raise NotFound("link", link_id)
        return t.link_of(row)

    def watchers(self, item_id: int) -> list[str]:
        """Logins, in order of the alphabet."""
        with self.transaction():
            rows = self._run(select(t.watchers.c.user).where(t.watchers.c.item == item_id).order_by(t.watchers.c.user))
            return [row.user for row in rows]

    def properties(self, item_id: int) -> dict[str, Any]:
        """Jira's entity properties of an item: key -> JSON value."""
        with self.transaction():
            rows = self._run(select(t.properties.c.key, t.properties.c.value).where(t.properties.c.item == item_id))
            return {row.key: row.value for row in rows}

    def attachments(self, item_id: int) -> list[Attachment]:
        with self.transaction():
            columns = [column for column in t.attachments.c if column.name != "content"]
            rows = self._run(select(*columns).where(t.attachments.c.item == item_id)).mappings()
            return [t.attachment_of(row) for row in rows]

    def attachment(self, attachment_id: int) -> tuple[Attachment, bytes]:
        """One attachment with its bytes. Raises NotFound."""
        with self.transaction():
            row = self._run(select(t.attachments).where(t.attachments.c.id == attachment_id)).mappings().first()
        if row is None:
            raise NotFound("attachment", attachment_id)
        values = {name: value for name, value in row.items() if name != "content"}
        return t.attachment_of(values), row["content"]

    # comments

    def comments(self, item_id: int, viewer: User | None = None) -> list[Comment]:
        """Oldest first, without those that are restricted to a role or group the viewer is not in."""
        with self.transaction():
            found = [t.comment_of(row) for row in self._run(_COMMENTS, {"of": item_id}).mappings()]
            return [comment for comment in found if self._may_read(comment, viewer)]

    def comment(self, comment_id: int, viewer: User | None = None) -> Comment:
        """Raises NotFound, also where the viewer may not read it."""
        with self.transaction():
            row = self._run(select(t.comments).where(t.comments.c.id == comment_id)).mappings().first()
            if row is None or not self._may_read(t.comment_of(row), viewer):
                raise NotFound("comment", comment_id)
            self.item(row["item"], viewer)
            return t.comment_of(row)

    def _may_read(self, comment: Comment, viewer: User | None) -> bool:
        if viewer is None or comment.visibility is None:
            return True
        name = comment.visibility["value"]
        if comment.visibility["type"] == "group":
            return any(member.name == viewer.name for member in self.groups().get(name, []))
        return self.roles(self.item(comment.item).project).get(viewer.name) == name
