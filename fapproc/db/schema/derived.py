"""What is derived from images: codes by method, near pairs, which were compared, and guests."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    UniqueConstraint,
    false,
)

from fapproc.db.dialect import CLUSTERED, NUMBER, WORD, number
from fapproc.db.schema.kept import PLACE, metadata

# Who made an encoding: the method, and the library versions or the model that its bits depend on.
encoder = Table(
    "encoder",
    metadata,
    number(),
    Column("method", WORD, nullable=False),
    Column("version", WORD, nullable=False),
    UniqueConstraint("method", "version"),
)

encoding = Table(
    "encoding",
    metadata,
    Column("encoder_id", ForeignKey("encoder.id"), primary_key=True),
    Column("image_id", ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
    Column("code", LargeBinary, nullable=False),  # a hash: 8 bytes, big-endian
    **CLUSTERED,
)
Index("ix_encoding_image_id", encoding.c.image_id)

# Vectors of networks, and reels of animations. With row numbers: without, each, a kilobyte and
# more, would take two pages.
vector = Table(
    "vector",
    metadata,
    Column("encoder_id", ForeignKey("encoder.id"), primary_key=True),
    Column("image_id", ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
    Column("code", LargeBinary, nullable=False),  # int8, a byte a dimension; reels: dedup/motion.py
)
Index("ix_vector_image_id", vector.c.image_id)
pair = Table(
    "pair",
    metadata,
    Column("method", WORD, primary_key=True),
    Column("a_id", ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
    Column("b_id", ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
    Column("score", Float, nullable=False),
    **CLUSTERED,
)
Index("ix_pair_a_id", pair.c.a_id)
Index("ix_pair_b_id", pair.c.b_id)

# What a second look at two images saw, and which one it was: after a change it looks again.
second_look = Table(
    "second_look",
    metadata,
    Column("a_id", ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
    Column("b_id", ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
    Column("looker", Integer, nullable=False),
    Column("same", Boolean, nullable=False),
    Column("score", Float, nullable=False),
    Column("how", WORD),  # in what way they are the same, as JSON
    **CLUSTERED,
)
Index("ix_second_look_b_id", second_look.c.b_id)

# Images that were compared with all others, and the encoders (a bit each) whose codes they had.
compared = Table(
    "compared",
    metadata,
    Column("image_id", ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
    Column("encoders", Integer, nullable=False),
    Column(
        "nearest", Boolean, nullable=False, server_default=false()
    ),  # were looked at (nearest.py)
)

# What a group's images show of the picture: made of what `basis` sums up, and made anew with it.
sameness = Table(
    "sameness",
    metadata,
    Column("group_id", ForeignKey("duplicate_group.id", ondelete="CASCADE"), primary_key=True),
    Column("basis", WORD, nullable=False),
    Column("best_id", ForeignKey("image.id", ondelete="CASCADE")),
    Column("untold", WORD),  # why there is no best
)
Index("ix_sameness_best_id", sameness.c.best_id)

# Images of one group and one number are the same but for size and quality; 1 is the largest class.
same_class = Table(
    "same_class",
    metadata,
    Column("image_id", ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
    Column("group_id", ForeignKey("sameness.group_id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
)
Index("ix_same_class_group_id", same_class.c.group_id)

# An image that a user lists, while its best place is another user's: with this place, and when the
# image came, as its own row says. So all images of a user are read in order, whoever has them too.
# Without a reference to the image: whoever deletes it touches it (counting.py).
guest = Table(
    "guest",
    metadata,
    Column("image_id", NUMBER, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    *(Column(f"place_{name}", BigInteger, nullable=False) for name in PLACE),
    Column("fetched_at", BigInteger, nullable=False),
    **CLUSTERED,
)
_BEST = tuple(guest.c[f"place_{name}"] for name in PLACE)
Index("ix_guest_place", guest.c.user_id, *_BEST, guest.c.image_id)
Index("ix_guest_came", guest.c.user_id, guest.c.fetched_at, guest.c.image_id)
