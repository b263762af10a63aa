"""The tables that hold a tracker's state, and how a row becomes a record. Times are milliseconds since 1970, UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

from integrations.sandbox.records import Attachment, Comment, Edit, HistoryEntry, Item, Link, Project, Term, User

metadata = MetaData()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware datetime."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def from_ms(ms: int) -> datetime:
    """The aware UTC datetime of milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=ms)


users = Table(
    "users",
    metadata,
    Column("name", String, primary_key=True),
    Column("id", String, unique=True),
    Column("display_name", String),
    Column("mail", String),
    Column("token", String, unique=True),
    Column("is_administrator", Boolean),
    Column("active", Boolean),
    Column("time_zone", String),
    Column("is_app", Boolean),
)
projects = Table(
    "projects",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String, unique=True),
    Column("name", String),
    Column("private", Boolean),
    Column("last_number", Integer, default=0),
)
roles = Table(
    "roles",
    metadata,
    Column("project", String, primary_key=True),
    Column("user", String, primary_key=True),
    Column("role", String),
)
group_members = Table(
    "group_members", metadata, Column("name", String, primary_key=True), Column("user", String, primary_key=True)
)
counters = Table("counters", metadata, Column("name", String, primary_key=True), Column("last", Integer))
terms = Table(
    "terms",
    metadata,
    Column("kind", String, primary_key=True),
    Column("id", Integer, primary_key=True),
    Column("name", String),
    Column("category", String),
    Column("rank", Integer),
    Column("outward", String),
    Column("inward", String),
)
items = Table(
    "items",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String, unique=True),
    Column("number", Integer),
    Column("project", String),
    Column("type", String),
    Column("summary", String),
    Column("description", JSON(none_as_null=True)),
    Column("status", String),
    Column("category", String),
    Column("created", BigInteger),
    Column("updated", BigInteger),
    Column("creator", String),
    Column("rev", Integer),
    Column("priority", String),
    Column("labels", JSON),
    Column("components", JSON),
    Column("reporter", String),
    Column("assignee", String),
    Column("parent", Integer, index=True),
    Column("resolution", String),
    Column("resolved", BigInteger),
    Column("updated_by", String),
    Column("fields", JSON),
    Column("formats", JSON),
    Index("items_by_update", "project", "updated", "id"),
)
labels = Table(
    "labels",
    metadata,
    Column("item", Integer, ForeignKey("items.id"), primary_key=True),
    Column("label", String, primary_key=True, index=True),
)
comments = Table(
    "comments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("item", Integer, index=True),
    Column("author", String),
    Column("body", JSON(none_as_null=True)),
    Column("created", BigInteger),
    Column("updated", BigInteger),
    Column("update_author", String),
    Column("format", String),
    Column("visibility", JSON(none_as_null=True)),
    Column("internal", Boolean),
    Column("properties", JSON),
    Column("version", Integer),
    Column("parent", Integer),
)
history = Table(
    "history",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("item", Integer, index=True),
    Column("actor", String),
    Column("at", BigInteger),
    Column("rev", Integer),
    Column("edits", JSON),
)
links = Table(
    "links",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("type", String),
    Column("source", Integer, index=True),
    Column("target", Integer, index=True),
)
properties = Table(
    "properties",
    metadata,
    Column("item", Integer, primary_key=True),
    Column("key", String, primary_key=True),
    Column("value", JSON),
)
watchers = Table(
    "watchers", metadata, Column("item", Integer, primary_key=True), Column("user", String, primary_key=True)
)
seclusions = Table(
    "seclusions",
    metadata,
    Column("kind", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("members", JSON),
)
arrangements = Table("arrangements", metadata, Column("project", String, primary_key=True), Column("value", JSON))
attachments = Table(
    "attachments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("item", Integer, index=True),
    Column("name", String),
    Column("mime", String),
    Column("size", Integer),
    Column("author", String),
    Column("created", BigInteger),
    Column("content", LargeBinary),
)


def user_of(row: Mapping[Any, Any]) -> User:
    return User(**row)


def project_of(row: Mapping[Any, Any]) -> Project:
    return Project(row["id"], row["key"], row["name"], row["private"])


def term_of(row: Mapping[Any, Any]) -> Term:
    return Term(**row)


def item_of(row: Mapping[Any, Any]) -> Item:
    values: dict[str, Any] = {name: value for name, value in row.items() if name != "number"}
    values["created"], values["updated"] = from_ms(row["created"]), from_ms(row["updated"])
    values["resolved"] = None if row["resolved"] is None else from_ms(row["resolved"])
    values["labels"], values["components"] = tuple(row["labels"]), tuple(row["components"])
    return Item(**values)


def comment_of(row: Mapping[Any, Any]) -> Comment:
    return Comment(**{**row, "created": from_ms(row["created"]), "updated": from_ms(row["updated"])})


def entry_of(row: Mapping[Any, Any]) -> HistoryEntry:
    edits = tuple(Edit(*edit) for edit in row["edits"])
    return HistoryEntry(row["id"], row["item"], row["actor"], from_ms(row["at"]), row["rev"], edits)


def link_of(row: Mapping[Any, Any]) -> Link:
    return Link(**row)


def attachment_of(row: Mapping[Any, Any]) -> Attachment:
    return Attachment(**{**row, "created": from_ms(row["created"])})
