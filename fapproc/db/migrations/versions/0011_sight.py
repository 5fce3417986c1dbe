"""What was noticed of an image before it is compared: it shows nothing, or not what is stored."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("image", sa.Column("sight", sa.Integer(), nullable=True))
