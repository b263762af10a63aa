"""Alembic's entry: runs the versions on the connection that the caller has opened."""

from typing import Any, Literal

from alembic import context

from bot.store.schema import tables
from bot.store.schema.types import Text, UtcDateTime


def plain_type(kind: str, value: Any, _: Any) -> str | Literal[False]:
    """Versions name the database's own types, so that an old version outlives a change in our code."""
    if kind == "type" and isinstance(value, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return "sa.String()" if kind == "type" and isinstance(value, Text) else False


connection = context.config.attributes.get("connection")
if connection is None:
    raise RuntimeError("migrations run through Database.migrate, which brings its own connection")
context.configure(
    connection=connection,
    target_metadata=tables.Base.metadata,
    render_as_batch=True,
    render_item=plain_type,
)
with context.begin_transaction():
    context.run_migrations()
