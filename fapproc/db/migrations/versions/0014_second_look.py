"""What a second look at two images saw."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "second_look",
        sa.Column("a_id", sa.Integer(), nullable=False),
        sa.Column("b_id", sa.Integer(), nullable=False),
        sa.Column("looker", sa.Integer(), nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("how", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["a_id"], ["image.id"], name=op.f("fk_second_look_a_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["b_id"], ["image.id"], name=op.f("fk_second_look_b_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("a_id", "b_id", name=op.f("pk_second_look")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_second_look_b_id", "second_look", ["b_id"], unique=False)
