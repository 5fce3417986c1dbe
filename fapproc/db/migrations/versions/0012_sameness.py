"""Which images of a group are the same but for size and quality, and which is the best."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "sameness",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("best_id", sa.Integer(), nullable=True),
        sa.Column("untold", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["duplicate_group.id"],
            name=op.f("fk_sameness_group_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["best_id"], ["image.id"], name=op.f("fk_sameness_best_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", name=op.f("pk_sameness")),
    )
    op.create_index("ix_sameness_best_id", "sameness", ["best_id"], unique=False)
    op.create_table(
        "same_class",
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_same_class_image_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["sameness.group_id"],
            name=op.f("fk_same_class_group_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_same_class")),
    )
    op.create_index("ix_same_class_group_id", "same_class", ["group_id"], unique=False)
