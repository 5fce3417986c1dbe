"""Numbers of users, images, groups and decisions are given once, also when the last has gone."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    for table in ("user", "image", "duplicate_group", "decision"):
        once = {"sqlite_autoincrement": True}
        with op.batch_alter_table(table, recreate="always", table_kwargs=once):
            pass
    _pass_over_former_groups(op.get_bind())


def _pass_over_former_groups(connection: sa.Connection) -> None:
    """A group that has gone may still be named where its images were judged."""
    former = connection.scalar(sa.text("SELECT max(group_id) FROM former_verdict")) or 0
    last = connection.scalar(sa.text("SELECT max(id) FROM duplicate_group")) or 0
    if former > last:
        for statement in (
            "INSERT INTO duplicate_group (id) VALUES (:id)",
            "DELETE FROM duplicate_group WHERE id = :id",
        ):
            connection.execute(sa.text(statement), {"id": former})
