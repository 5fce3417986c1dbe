"""Images whose bytes are lost, and how far the reading of every file has come."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("image", sa.Column("lost_at", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_image_lost",
        "image",
        ["id"],
        unique=False,
        sqlite_where=sa.text("lost_at IS NOT NULL"),
    )
    op.create_table(
        "progress",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_progress")),
    )
    op.create_table(
        "suspect",
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_suspect_image_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_suspect")),
    )
