"""Which images are what the site shows in place of pictures that it doesn't give."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("image", sa.Column("placeholder", sa.Boolean(), nullable=True))
