"""Indexes that hold what a grid asks: where an image is listed, and its facts by date."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.drop_index("ix_listing_image_id", "listing")
    op.drop_index("ix_listing_not_had", "listing")
    op.create_index(
        "ix_listing_image_id",
        "listing",
        ["image_id", "user_id", "album_id", "position", "site_id", "verdict"],
        unique=False,
    )
    op.create_index(
        "ix_image_fetched_at",
        "image",
        ["fetched_at", "id", "bytes", "width", "height", "orientation", "animated"],
        unique=False,
    )
