"""Indexes: of names, from which one differs that the disk changed, and of the bin by decisions."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    for table in ("user", "album", "tag"):
        op.create_index(f"ix_{table}_name", table, ["name"], unique=False)
    op.drop_index("ix_pruned_state", "pruned")
    op.create_index("ix_pruned_state", "pruned", ["state", "decision_id"], unique=False)
