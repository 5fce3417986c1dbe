"""The best place of each image on its row; indexes in the order of albums, and of names."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_BEST = """
UPDATE image SET (place_user, place_album, place_position, place_site) = (
    SELECT user_id, album_id, position, site_id FROM listing WHERE image_id = image.id
    ORDER BY CASE verdict WHEN 'keep' THEN 0 WHEN 'new' THEN 1 WHEN 'alternate' THEN 2
        WHEN 'false' THEN 3 WHEN 'skip' THEN 4 ELSE 5 END, user_id, album_id, position, site_id
    LIMIT 1
) WHERE id IN (SELECT image_id FROM listing)"""


def upgrade() -> None:
    for name in ("user", "album", "position", "site"):
        op.add_column(
            "image",
            sa.Column(f"place_{name}", sa.BigInteger(), server_default="0", nullable=False),
        )
    op.execute(_BEST)
    op.create_index(
        "ix_image_place",
        "image",
        [
            *("place_user", "place_album", "place_position", "place_site"),
            *("id", "width", "height", "orientation", "animated"),
        ],
        unique=False,
    )
    op.create_index(
        "ix_listing_name",
        "listing",
        [sa.text("lower(coalesce(name, ''))"), "image_id"],
        unique=False,
    )
