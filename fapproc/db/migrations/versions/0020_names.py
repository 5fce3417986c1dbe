"""Indexes of the names of users, albums and tags: a name that the disk changed differs from it."""

from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    for table in ("user", "album", "tag"):
        op.create_index(f"ix_{table}_name", table, ["name"], unique=False)
