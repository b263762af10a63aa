"""Which words have been carried out on a change, and which rule asks a question"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("changes") as changes:
        changes.add_column(sa.Column("carried_out", sa.JSON(), nullable=False, server_default="[]"))
    proposals = sa.table(
        "proposals", sa.column("connection"), sa.column("item"), sa.column("questions", sa.JSON(none_as_null=True))
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(proposals)).all():
        if row.questions and isinstance(row.questions, list):
            named = [{"rule": "", "subject": "", "text": text} for text in row.questions]
            same = (proposals.c.connection == row.connection, proposals.c.item == row.item)
            connection.execute(sa.update(proposals).where(*same).values(questions=named))


def downgrade() -> None:
    raise NotImplementedError("go back by restoring the backup that was made before")
