"""Indexes: which groups wait for a verdict, and which want a second look."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_index(
        "ix_group_member_verdict", "group_member", ["verdict", "group_id"], unique=False
    )
    op.create_index(
        "ix_duplicate_group_to_look",
        "duplicate_group",
        ["id"],
        unique=False,
        sqlite_where=sa.text("to_look IS 1"),
        postgresql_where=sa.text("to_look IS true"),
    )
