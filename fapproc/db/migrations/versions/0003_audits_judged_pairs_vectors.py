"""What audits saw; pairs judged different, decisions and what was compared; vectors of networks."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _audits()
    _judged_pairs()
    _vectors()


def _audits() -> None:
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


def _judged_pairs() -> None:
    op.add_column("image", sa.Column("motion", sa.LargeBinary(), nullable=True))
    op.add_column(
        "duplicate_group",
        sa.Column("to_look", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_table(
        "former_verdict",
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_former_verdict_image_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_former_verdict")),
    )
    op.create_table(
        "different_pair",
        sa.Column("a_id", sa.Integer(), nullable=False),
        sa.Column("b_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["a_id"], ["image.id"], name=op.f("fk_different_pair_a_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["b_id"], ["image.id"], name=op.f("fk_different_pair_b_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("a_id", "b_id", name=op.f("pk_different_pair")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_different_pair_b_id", "different_pair", ["b_id"], unique=False)
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_table(
        "compared",
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("encoders", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_compared_image_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_compared")),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )


def _vectors() -> None:
    op.create_table(
        "vector",
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("encoder_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["encoder_id"], ["encoder.id"], name=op.f("fk_vector_encoder_id")),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_vector_image_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_vector")),
    )
    op.create_index("ix_vector_encoder_id", "vector", ["encoder_id"], unique=False)


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
