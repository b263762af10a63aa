"""Slots and ticks of several processes, letters that can be replayed, an installation that outlives a backup"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "executors",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "ticks",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("marker_key", sa.String(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("restored", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    _seed()
    with op.batch_alter_table("dead_letters") as letters:
        letters.add_column(sa.Column("kind", sa.String(), nullable=True))
        letters.add_column(sa.Column("args", sa.JSON(), nullable=True))
        letters.add_column(sa.Column("partition", sa.String(), nullable=True))
        letters.add_column(sa.Column("headers", sa.JSON(), nullable=True))
        letters.add_column(sa.Column("replay_asked", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("items") as items:
        items.drop_column("last_touch")
        items.add_column(sa.Column("due", sa.DateTime(timezone=True), nullable=True))
        items.add_column(sa.Column("asked", sa.String(), nullable=True))
        items.add_column(sa.Column("gone_since", sa.DateTime(timezone=True), nullable=True))
    # An item that was found gone before this was noted counts from now.
    op.execute("UPDATE items SET gone_since = CURRENT_TIMESTAMP WHERE deleted")
    with op.batch_alter_table("inbox") as inbox:
        inbox.drop_index("ix_inbox_connection")
        inbox.drop_index("ix_inbox_state")
        inbox.create_index("inbox_by_state", ["state", "received", "connection"])
        inbox.create_index("inbox_by_item", ["connection", "item", "received"])
        inbox.create_index("ix_inbox_finished", ["finished"])
    op.execute("UPDATE inbox SET finished = received WHERE state = 'ignored' AND finished IS NULL")
    with op.batch_alter_table("own_comments") as comments:
        comments.create_index("own_comments_by_item", ["connection", "item"])
    with op.batch_alter_table("handled_comments") as comments:
        comments.create_index("handled_comments_by_item", ["connection", "item"])


def _seed() -> None:
    """Rows of which there is one: made here, so that two first writers need not race for it."""
    missing = "WHERE NOT EXISTS (SELECT 1 FROM {0} WHERE id = 1)"
    op.execute(f"INSERT INTO audit_head (id, number, hash) SELECT 1, 0, '{'0' * 64}' {missing.format('audit_head')}")
    op.execute(f"INSERT INTO change_counter (id, last) SELECT 1, 0 {missing.format('change_counter')}")
    installation = sa.table("installation", sa.column("id"), sa.column("marker_key"), sa.column("created"))
    now = sa.func.current_timestamp()
    op.execute(installation.insert().values(id=1, marker_key=secrets.token_hex(32), created=now))


def downgrade() -> None:
    raise NotImplementedError("go back by restoring the backup that was made before")
