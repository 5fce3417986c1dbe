"""Indexes in the orders of size and of pixels."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_SHAPE = ("id", "width", "height", "orientation", "animated")


def upgrade() -> None:
    op.create_index("ix_image_bytes", "image", ["bytes", *_SHAPE], unique=False)
    op.create_index(
        "ix_image_pixels",
        "image",
        [sa.text("coalesce(width * height, 0)"), *_SHAPE],
        unique=False,
    )
