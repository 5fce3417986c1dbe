"""Indexes: of the forms of images, and of which are portraits, landscapes and animations."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_LONGER = "CASE WHEN (orientation > 4) THEN {1} * 10 > {0} * 11 ELSE {0} * 10 > {1} * 11 END IS {2}"


def upgrade() -> None:
    op.create_index("ix_image_format", "image", ["format", "id"], unique=False)
    for name, holds in (
        ("portrait", _LONGER.format("height", "width", "{}")),
        ("landscape", _LONGER.format("width", "height", "{}")),
        ("animated", "animated IS {}"),
    ):
        op.create_index(
            f"ix_image_{name}",
            "image",
            ["id"],
            unique=False,
            sqlite_where=sa.text(holds.format("1")),
            postgresql_where=sa.text(holds.format("true")),
        )
