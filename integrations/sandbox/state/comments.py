"""Comments: said, edited, taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, update

from integrations.sandbox import tables as t
from integrations.sandbox.records import (
    Comment,
    Edit,
    Forbidden,
    Item,
    User,
)
from integrations.sandbox.state.links import Linked
from integrations.sandbox.state.rows import comment_row


class Commented(Linked):
    """Writing comments and their properties."""

    def add_comment(
        self,
        actor: User | None,
        item_id: int,
        body: Any,
        *,
        format: str = "html",  # Azure DevOps' own word
        visibility: Mapping[str, str] | None = None,
        internal: bool = False,
        properties: Mapping[str, Any] | None = None,
        parent: int | None = None,
        notify: bool = True,
    ) -> Comment:
        with self.transaction():
            item = self.item(item_id, actor)
            self.demand(actor, "comment", self.project(item.project))
            by, at = self._actor(actor), self.now()
            comment = self._insert_comment(by, item, body, format, at, visibility, internal, properties, parent)
            edits = [Edit("comment", None, body)] if self.counts_everything else []
            moved, entry = self._touch(item, by, at, edits)
            self._watch(item_id, by.name)
            if entry is not None:
                self._happened("updated", moved, by, at, entry=entry, comment=comment, notify=False)
            self._happened("commented", moved, by, at, entry=entry, comment=comment, notify=notify)
            return comment

    def _insert_comment(
        self,
        actor: User,
        item: Item,
        body: Any,
        format: str,
        at: datetime,
        visibility: Mapping[str, str] | None = None,
        internal: bool = False,
        properties: Mapping[str, Any] | None = None,
        parent: int | None = None,
    ) -> Comment:
        comment = Comment(
            self._next(t.comments, 10000),
            item.id,
            actor.name,
            body,
            at,
            at,
            actor.name,
            format,
            visibility,
            internal,
            dict(properties or {}),
            parent=parent,
        )
        self._run(insert(t.comments), comment_row(comment))
        return comment

    def edit_comment(
        self, actor: User | None, comment_id: int, body: Any, *, notify: bool = True, **values: Any
    ) -> Comment:
        """Replaces the text of one's own comment (administrators: of any). `values`: format, visibility, properties
        (merged into those that are there)."""
        with self.transaction():
            old, item = self._own_comment(actor, comment_id)
            by, at = self._actor(actor), self.now()
            values["properties"] = {**old.properties, **(values.get("properties") or {})}
            new = replace(old, body=body, updated=at, update_author=by.name, version=old.version + 1, **values)
            self._run(update(t.comments).where(t.comments.c.id == comment_id).values(**comment_row(new)))
            edits = [Edit("comment", old.body, body)] if self.counts_everything else []
            moved, entry = self._touch(item, by, at, edits)
            if entry is not None:
                self._happened("updated", moved, by, at, entry=entry, notify=False)
            self._happened("comment_edited", moved, by, at, entry=entry, comment=new, notify=notify)
            return new

    def delete_comment(self, actor: User | None, comment_id: int) -> None:
        with self.transaction():
            old, item = self._own_comment(actor, comment_id)
            by, at = self._actor(actor), self.now()
            self._run(delete(t.comments).where(t.comments.c.id == comment_id))
            moved, _ = self._touch(item, by, at, [Edit("comment", old.body, None)] if self.counts_everything else [])
            self._happened("comment_deleted", moved, by, at, comment=old)

    def _own_comment(self, actor: User | None, comment_id: int) -> tuple[Comment, Item]:
        comment = self.comment(comment_id, actor)
        item = self.item(comment.item, actor)
        home = self.project(item.project)
        self.demand(actor, "comment", home)
        if actor is not None and actor.name != comment.author and not self.may(actor, "administer", home):
            raise Forbidden("edit others' comments")
        return comment, item

    def set_comment_property(self, actor: User | None, comment_id: int, key: str, value: Any) -> None:
        """Sets one property of a comment; None takes it away."""
        with self.transaction():
            comment, _ = self._own_comment(actor, comment_id)
            merged = {k: v for k, v in {**comment.properties, key: value}.items() if v is not None}
            self._run(update(t.comments).where(t.comments.c.id == comment_id).values(properties=merged))
