"""Images that don't decode stay, and are marked; how pictures are turned for looking at."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("image", sa.Column("unsound", sa.String(), nullable=True))
    op.add_column("image", sa.Column("unsound_at", sa.BigInteger(), nullable=True))
    op.add_column("image", sa.Column("unsound_by", sa.String(), nullable=True))
    op.add_column("image", sa.Column("orientation", sa.Integer(), nullable=True))
    op.create_index(
        "ix_image_unsound",
        "image",
        ["id"],
        unique=False,
        sqlite_where=sa.text("unsound IS NOT NULL"),
    )
    # Turned TIFFs had the sides of what is shown, not of what is stored, and some thumbnails were
    # black: `process` looks at them again.
    op.execute("UPDATE image SET width = NULL, height = NULL WHERE format = 'tiff'")
    op.execute(
        "UPDATE image SET thumb_bytes = NULL, thumb_digest = NULL, thumb_format = NULL "
        "WHERE format = 'tiff'"
    )
