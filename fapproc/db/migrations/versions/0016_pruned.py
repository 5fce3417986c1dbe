"""Images that a person has pruned, their places, and decisions of other kinds than verdicts."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "pruned",
        sa.Column("image_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("kept", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("thumb_bytes", sa.BigInteger(), nullable=True),
        sa.Column("thumb_digest", sa.String(length=64), nullable=True),
        sa.Column("thumb_format", sa.String(), nullable=True),
        sa.Column("parcel", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_pruned")),
        sa.UniqueConstraint("digest", name=op.f("uq_pruned_digest")),
    )
    op.create_index("ix_pruned_kept", "pruned", ["kept"], unique=False)
    op.create_index("ix_pruned_state", "pruned", ["state"], unique=False)
    op.add_column("listing", sa.Column("pruned_id", sa.Integer(), nullable=True))
    op.create_index(
        "ix_listing_pruned",
        "listing",
        ["pruned_id"],
        unique=False,
        sqlite_where=sa.text("pruned_id IS NOT NULL"),
    )
    op.add_column(
        "decision",
        sa.Column("kind", sa.String(), server_default="verdicts", nullable=False),
    )
