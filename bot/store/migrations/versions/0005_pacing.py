"""What trackers have asked for, for all processes, and when tokens end"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tracker_pace",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("gate", sa.String(), nullable=False),
        sa.Column("told", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("connection", "gate"),
    )
    op.create_table(
        "token_ends",
        sa.Column("connection", sa.String(), nullable=False),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looked", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("connection"),
    )


def downgrade() -> None:
    raise NotImplementedError("go back by restoring the backup that was made before")
