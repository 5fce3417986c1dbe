"""In how many crawls the page of an image was odd while others were not."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("listing", sa.Column("odd", sa.Integer(), server_default="0", nullable=False))
