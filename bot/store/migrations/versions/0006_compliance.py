"""What can be found again to be forgotten: whose replies were bought, which items were seen, whose comments to edit"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "retellings",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("connection", "item"),
    )
    with op.batch_alter_table("paid_replies") as replies:
        replies.add_column(sa.Column("connection", sa.String(), nullable=True))
        replies.add_column(sa.Column("item", sa.String(), nullable=True))
        replies.create_index("paid_replies_by_item", ["connection", "item"])
    with op.batch_alter_table("items") as items:
        items.add_column(sa.Column("confirmed", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("audit") as audit:
        audit.create_index("audit_by_subject", ["subject"])
    with op.batch_alter_table("changes") as changes:
        changes.create_index("changes_by_subject", ["connection", "subject"])


def downgrade() -> None:
    raise NotImplementedError("go back by restoring the backup that was made before")
