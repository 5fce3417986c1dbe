"""What is noted of all places of an image; an index of places that are skipped."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

_SEVERAL = "SELECT image_id FROM listing WHERE image_id IS NOT NULL GROUP BY image_id"
_NOTED = {
    "here": f"{_SEVERAL}, user_id, album_id HAVING count(*) > 1",
    "elsewhere": f"{_SEVERAL} HAVING min(user_id) < max(user_id) OR min(album_id) < max(album_id)",
    "gone": """SELECT listing.image_id FROM gone
        JOIN "user" AS owner ON owner.id = gone.user_id
        JOIN listing ON listing.site_id = gone.site_id
        JOIN "user" AS other ON other.id = listing.user_id AND other.source = owner.source
        WHERE listing.image_id IS NOT NULL""",
}


def upgrade() -> None:
    for name, these in _NOTED.items():
        op.add_column(
            "image", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        op.execute(f"UPDATE image SET {name} = true WHERE id IN ({these})")  # noqa: S608 - ours
        op.create_index(
            f"ix_image_{name}",
            "image",
            ["id"],
            unique=False,
            sqlite_where=sa.text(f"{name} IS 1"),
            postgresql_where=sa.text(f"{name} IS true"),
        )
    op.create_index(
        "ix_listing_skipped",
        "listing",
        ["image_id", "user_id"],
        unique=False,
        sqlite_where=sa.text("verdict = 'skip'"),
        postgresql_where=sa.text("verdict = 'skip'"),
    )
