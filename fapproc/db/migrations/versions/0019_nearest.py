"""Whether the nearest of an image were looked at; a column less that nothing uses."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column(
        "compared",
        sa.Column("nearest", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.drop_column("image", "motion")
