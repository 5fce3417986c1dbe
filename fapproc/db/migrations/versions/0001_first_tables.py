"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "duplicate_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicate_group")),
    )
    op.create_table(
        "encoder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_encoder")),
        sa.UniqueConstraint("method", "version", name=op.f("uq_encoder_method_version")),
    )
    op.create_table(
        "image",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("animated", sa.Boolean(), nullable=True),
        sa.Column("thumb_bytes", sa.Integer(), nullable=True),
        sa.Column("thumb_digest", sa.String(length=64), nullable=True),
        sa.Column("thumb_format", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image")),
        sa.UniqueConstraint("digest", name=op.f("uq_image_digest")),
    )
    op.create_index(
        "ix_image_underived", "image", ["id"], unique=False, sqlite_where=sa.text("width IS NULL")
    )
    op.create_table(
        "tag",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["tag.id"], name=op.f("fk_tag_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("name_key", name=op.f("uq_tag_name_key")),
    )
    op.create_table(
        "user",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("albums_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.Column("audited_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
    )
    op.create_index(op.f("ix_user_name_key"), "user", ["name_key"], unique=False)
    op.create_table(
        "album",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("listed_at", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=op.f("fk_album_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_album")),
    )
    op.create_table(
        "encoding",
        sa.Column("encoder_id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["encoder_id"], ["encoder.id"], name=op.f("fk_encoding_encoder_id")
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_encoding_image_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("encoder_id", "image_id", name=op.f("pk_encoding")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_encoding_image_id", "encoding", ["image_id"], unique=False)
    op.create_table(
        "group_member",
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["duplicate_group.id"],
            name=op.f("fk_group_member_group_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_group_member_image_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_group_member")),
    )
    op.create_index("ix_group_member_group_id", "group_member", ["group_id"], unique=False)
    op.create_table(
        "image_tag",
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["image_id"], ["image.id"], name=op.f("fk_image_tag_image_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tag_id"], ["tag.id"], name=op.f("fk_image_tag_tag_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tag_id", "image_id", name=op.f("pk_image_tag")),
    )
    op.create_index("ix_image_tag_image_id", "image_tag", ["image_id"], unique=False)
    op.create_table(
        "pair",
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("a_id", sa.Integer(), nullable=False),
        sa.Column("b_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["a_id"], ["image.id"], name=op.f("fk_pair_a_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["b_id"], ["image.id"], name=op.f("fk_pair_b_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("method", "a_id", "b_id", name=op.f("pk_pair")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_pair_a_id", "pair", ["a_id"], unique=False)
    op.create_index("ix_pair_b_id", "pair", ["b_id"], unique=False)
    op.create_table(
        "listing",
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("album_id", sa.BigInteger(), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("image_id", sa.Integer(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("url", sa.String(), nullable=True),
        sa.Column("failed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(reason IS NULL) = (detail IS NULL)", name=op.f("ck_listing_reason_with_detail")
        ),
        sa.CheckConstraint(
            "image_id IS NULL OR reason IS NULL", name=op.f("ck_listing_seen_or_failed")
        ),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_listing_image_id")),
        sa.ForeignKeyConstraint(
            ["user_id", "album_id"],
            ["album.user_id", "album.id"],
            name=op.f("fk_listing_user_id_album_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "album_id", "site_id", name=op.f("pk_listing")),
    )
    op.create_index("ix_listing_image_id", "listing", ["image_id"], unique=False)
    op.create_index(
        "ix_listing_not_had",
        "listing",
        ["user_id", "album_id"],
        unique=False,
        sqlite_where=sa.text("image_id IS NULL"),
    )
    op.create_index(
        "ix_listing_order", "listing", ["user_id", "album_id", "position"], unique=False
    )
    op.create_index("ix_listing_site_id", "listing", ["site_id"], unique=False)
