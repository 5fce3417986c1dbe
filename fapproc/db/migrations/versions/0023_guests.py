"""Images of users in order: guests, which images are shared, indexes of dates and of shapes."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

_PLACE = tuple(f"place_{name}" for name in ("user", "album", "position", "site"))
_GUESTS = f"""
INSERT INTO guest (image_id, user_id, {", ".join(_PLACE)}, fetched_at)
    SELECT DISTINCT image.id, listing.user_id, {", ".join(_PLACE)}, image.fetched_at
    FROM listing JOIN image ON image.id = listing.image_id
    WHERE listing.user_id <> image.place_user"""  # noqa: S608 - text of our own
_WIDE, _HIGH = "width * 10 > height * 11", "height * 10 > width * 11"
_STANDS = "WHEN ({}) THEN 1 WHEN ({}) THEN 2 ELSE 0 END"
_TURNED = f"CASE {_STANDS.format(_HIGH, _WIDE)}"
_SHAPE = f"(CASE WHEN (orientation > 4) THEN {_TURNED} {_STANDS.format(_WIDE, _HIGH)})"


_SHARED = """
UPDATE image SET shared = true WHERE id IN (
    SELECT image_id FROM listing WHERE image_id IS NOT NULL
    GROUP BY image_id HAVING count(*) > 1)"""


def upgrade() -> None:
    op.add_column(
        "image", sa.Column("shared", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.execute(_SHARED)
    op.create_index(
        "ix_image_shared",
        "image",
        ["id"],
        unique=False,
        sqlite_where=sa.text("shared IS 1"),
        postgresql_where=sa.text("shared IS true"),
    )
    op.create_table(
        "guest",
        sa.Column("image_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _PLACE),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("image_id", "user_id", name="pk_guest"),
        sqlite_with_rowid=False,
    )
    op.execute(_GUESTS)
    op.create_index("ix_guest_place", "guest", ["user_id", *_PLACE, "image_id"], unique=False)
    op.create_index("ix_guest_came", "guest", ["user_id", "fetched_at", "image_id"], unique=False)
    op.drop_index("ix_image_portrait", "image")
    op.drop_index("ix_image_landscape", "image")
    op.create_index("ix_image_shape", "image", [sa.text(_SHAPE), "id"], unique=False)
    op.create_index(
        "ix_image_came",
        "image",
        ["place_user", "fetched_at", "id", "width", "height", "orientation", "animated"],
        unique=False,
    )
