"""What audits saw of the places of the site, and which of these are gone."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("user", sa.Column("audit_since", sa.BigInteger(), nullable=True))
    op.create_table(
        "observation",
        *_place(),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(level IS NULL) = (since IS NULL)", name=op.f("ck_observation_gone_since")
        ),
        *_keys("observation"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "gone",
        *_place(),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *_keys("gone"),
        sqlite_with_rowid=False,
    )


def _place() -> list[sa.Column[int]]:
    names = ("site_id", "user_id", "album_id")
    return [sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False) for name in names]


def _keys(table: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(
            ["user_id", "album_id", "site_id"],
            ["listing.user_id", "listing.album_id", "listing.site_id"],
            name=op.f(f"fk_{table}_user_id_album_id_site_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("site_id", "user_id", "album_id", name=op.f(f"pk_{table}")),
    ]
