"""Vectors of several encoders beside each other; of which ones an archive's sensitivities are."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_ROWS = 20_000
_LITE0 = "efficientnet_lite0-48ffd07c2991"


def upgrade() -> None:
    _vectors()
    _sensitivities()


def _vectors() -> None:
    op.drop_index("ix_vector_encoder_id", "vector")
    op.rename_table("vector", "former_vector")
    op.create_table(
        "vector",
        sa.Column("encoder_id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["encoder_id"], ["encoder.id"], name=op.f("fk_vector_encoder_id")),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_vector_image_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("encoder_id", "image_id", name=op.f("pk_vector")),
    )
    # Some at a time, so that the next ones take the pages that these leave: the file hardly grows.
    some = "FROM former_vector ORDER BY image_id LIMIT :rows"
    copy = sa.text(f"INSERT INTO vector SELECT encoder_id, image_id, code {some}")
    remove = sa.text(
        f"DELETE FROM former_vector WHERE image_id IN (SELECT image_id {some})"  # noqa: S608 - ours
    )
    connection = op.get_bind()
    while connection.execute(copy, {"rows": _ROWS}).rowcount:
        connection.execute(remove, {"rows": _ROWS})
    op.drop_table("former_vector")
    op.create_index("ix_vector_image_id", "vector", ["image_id"], unique=False)


def _sensitivities() -> None:
    """There was one method of vectors, whose network was named without it."""
    connection = op.get_bind()
    held = sa.text("SELECT value FROM setting WHERE name = 'sensitivity'")
    found = connection.execute(held).scalar()
    if found is None:
        return
    value = json.loads(found)
    value["of"] = {"cnn": value.pop("model", _LITE0)}
    change = sa.text("UPDATE setting SET value = :value WHERE name = 'sensitivity'")
    connection.execute(change, {"value": json.dumps(value)})
