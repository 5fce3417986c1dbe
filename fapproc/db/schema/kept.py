"""What a source lists, the images that were fetched from it, and their tags.

Times are integer Unix seconds, 0 = never. Numbers of users and ids of albums and listed images are
those of their source (63 bits on the disk), and mean nothing in another. `user.id` and `image.id`
are ours, made by the database and never given twice, so that the many small tables stay narrow: a
listing belongs to a source through its user. Rows from before revision 0004 still have the site's
number as `user.id`.
"""

from enum import IntEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    case,
    false,
    func,
    literal_column,
    true,
)
from sqlalchemy.sql.elements import Grouping

from fapproc.db.dialect import (
    CLUSTERED,
    DIGEST,
    GIVEN_ONCE,
    NUMBER,
    WORD,
    Name,
    number,
    partial_index,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

user = Table(
    "user",
    metadata,
    number(),
    Column("source", WORD, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("name", Name, nullable=False, index=True),
    Column("name_key", Name, nullable=False, index=True),  # casefolded: any case finds it
    Column("albums_at", BigInteger, nullable=False, default=0),
    Column("finished_at", BigInteger, nullable=False, default=0),
    Column("audited_at", BigInteger, nullable=False, default=0),
    Column("audit_since", BigInteger),  # an audit is under way: what was seen since then counts
    UniqueConstraint("source", "number"),
    **GIVEN_ONCE,
)

album = Table(
    "album",
    metadata,
    Column("user_id", BigInteger, ForeignKey("user.id", ondelete="CASCADE"), primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    # So that `check` notices a letter that the disk changes, as of the names of users and tags.
    Column("name", Name, nullable=False, index=True),
    Column("kind", WORD, nullable=False),
    Column("position", Integer, nullable=False),  # in the site's list of folders
    Column("pages", Integer, nullable=False, default=0),
    Column("listed_at", BigInteger, nullable=False, default=0),  # its pages were all read
    Column("fetched_at", BigInteger, nullable=False, default=0),  # and each image had or failed
)

PLACE = ("user", "album", "position", "site")
"""What says where a place stands among all."""

NOTED = ("shared", "here", "elsewhere", "gone")
"""What is noted of all places of an image: that there are several, some of them in one album, some
in another one; that it is gone from its source at any."""

image = Table(
    "image",
    metadata,
    number(),
    Column("digest", DIGEST, nullable=False, unique=True),
    Column("bytes", BigInteger, nullable=False),
    Column("format", WORD, nullable=False),
    Column("fetched_at", BigInteger, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("animated", Boolean),
    Column("thumb_bytes", Integer),
    Column("thumb_digest", DIGEST),
    Column("thumb_format", WORD),
    Column("placeholder", Boolean),  # shown in place of others; False where a person said no
    Column("lost_at", BigInteger),  # its bytes are gone; its row keeps what was judged
    Column("unsound", WORD),  # the detail why no whole picture can be made of it,
    Column("unsound_at", BigInteger),  # since when,
    Column("unsound_by", WORD),  # and by which decoders: others may see a picture
    Column("orientation", Integer),  # as EXIF counts; null for what was processed before 0006
    Column("sight", Integer),  # what was noticed of it (dedup/sight.py); null before 0011
    *(
        Column(f"place_{name}", BigInteger, nullable=False, default=0, server_default="0")
        for name in PLACE  # the best one (best_places.py)
    ),
    *(
        Column(name, Boolean, nullable=False, default=False, server_default=false())
        for name in NOTED
    ),
    **GIVEN_ONCE,
)
# All that a grid filters and orders by: a million rows of it are read in a tenth of a second.
Index(
    "ix_image_fetched_at",
    image.c.fetched_at,
    image.c.id,
    image.c.bytes,
    image.c.width,
    image.c.height,
    image.c.orientation,
    image.c.animated,
)
# The same in the order of albums.
Index(
    "ix_image_place",
    image.c.place_user,
    image.c.place_album,
    image.c.place_position,
    image.c.place_site,
    image.c.id,
    image.c.width,
    image.c.height,
    image.c.orientation,
    image.c.animated,
)
_SHAPE = (image.c.id, image.c.width, image.c.height, image.c.orientation, image.c.animated)
# The same in the order in which the images of a user came.
Index("ix_image_came", image.c.place_user, image.c.fetched_at, *_SHAPE)
# What a grid filters by, in the orders of size and of pixels.
PIXELS = func.coalesce(image.c.width * image.c.height, literal_column("0"))
Index("ix_image_bytes", image.c.bytes, *_SHAPE)
Index("ix_image_pixels", PIXELS, *_SHAPE)
# What few images may be, or none: a list of these begins at once.
Index("ix_image_format", image.c.format, image.c.id)


class Shape(IntEnum):
    """How a picture stands, as it is shown."""

    SQUARE = 0
    """Neither of the others, or not known yet."""
    LANDSCAPE = 1
    PORTRAIT = 2


def _shape() -> ColumnElement[int]:
    """Which side is by a tenth longer than the other.

    Of a picture that is turned they change places. It is asked of a million rows: once for all.
    Numbers are written out, as an index is used only for the very words it was made with.
    """
    ten, eleven = literal_column("10", Integer), literal_column("11", Integer)
    wide = image.c.width * ten > image.c.height * eleven
    high = image.c.height * ten > image.c.width * eleven
    square, landscape, portrait = (literal_column(f"{each:d}", Integer) for each in Shape)
    turned = image.c.orientation > literal_column("4", Integer)
    return case(
        (turned, case((high, landscape), (wide, portrait), else_=square)),
        (wide, landscape),
        (high, portrait),
        else_=square,
    )


SHAPE = _shape()
Index("ix_image_shape", Grouping(SHAPE), image.c.id)  # PostgreSQL wants the brackets
for _name in NOTED:  # by best_places.py, with the best one
    partial_index(f"ix_image_{_name}", image.c.id, where=image.c[_name].is_(true()))
partial_index("ix_image_animated", image.c.id, where=image.c.animated.is_(true()))
partial_index("ix_image_underived", image.c.id, where=image.c.width.is_(None))
partial_index("ix_image_lost", image.c.id, where=image.c.lost_at.is_not(None))
partial_index("ix_image_unsound", image.c.id, where=image.c.unsound.is_not(None))

_PLACE = ("user_id", "album_id", "site_id")

# A listed image: seen (image), failed (reason), pruned, or else waiting. Where the image is lost,
# the place waits as well.
listing = Table(
    "listing",
    metadata,
    Column("user_id", BigInteger, primary_key=True),
    Column("album_id", BigInteger, primary_key=True),
    Column("site_id", BigInteger, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("name", Name),
    Column("image_id", ForeignKey("image.id")),
    Column("verdict", WORD, nullable=False, default="new"),
    Column("reason", WORD),
    Column("detail", WORD),
    Column("url", Name),
    Column("failed_at", BigInteger),
    # In how many crawls its page was odd while others were not.
    Column("odd", Integer, nullable=False, default=0, server_default="0"),
    Column("pruned_id", NUMBER),  # a row of `pruned`, whose image showed here
    ForeignKeyConstraint(
        ["user_id", "album_id"], ["album.user_id", "album.id"], ondelete="CASCADE"
    ),
    CheckConstraint("image_id IS NULL OR reason IS NULL", name="seen_or_failed"),
    CheckConstraint("(reason IS NULL) = (detail IS NULL)", name="reason_with_detail"),
)
Index("ix_listing_site_id", listing.c.site_id)
# Where an image is listed, without a look at the rows of the places; and those that have none.
Index(
    "ix_listing_image_id",
    listing.c.image_id,
    listing.c.user_id,
    listing.c.album_id,
    listing.c.position,
    listing.c.site_id,
    listing.c.verdict,
)
Index("ix_listing_order", listing.c.user_id, listing.c.album_id, listing.c.position)
IS_SKIPPED = listing.c.verdict == literal_column("'skip'")
partial_index("ix_listing_skipped", listing.c.image_id, listing.c.user_id, where=IS_SKIPPED)
# What a place is called, in the order of names; a word is looked for in it too.
CALLED = func.lower(func.coalesce(listing.c.name, literal_column("''")))
Index("ix_listing_name", CALLED, listing.c.image_id)
partial_index("ix_listing_pruned", listing.c.pruned_id, where=listing.c.pruned_id.is_not(None))

# What an audit saw last of a place of the site; without a level all was well. A row a place and not
# one an id, so that deleting an album or a user takes it along; readers go by source and `site_id`.
observation = Table(
    "observation",
    metadata,
    Column("site_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("album_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("level", WORD),
    Column("url", Name),
    Column("since", BigInteger),  # when it was first seen to be gone, if it has been ever since
    ForeignKeyConstraint(_PLACE, [f"listing.{name}" for name in _PLACE], ondelete="CASCADE"),
    CheckConstraint("(level IS NULL) = (since IS NULL)", name="gone_since"),
    **CLUSTERED,
)

# Places whose image is gone from the site, as the last reconciliation found; keyed the same way.
gone = Table(
    "gone",
    metadata,
    Column("site_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("album_id", BigInteger, primary_key=True, autoincrement=False),
    Column("level", WORD, nullable=False),
    Column("url", Name),
    Column("at", BigInteger, nullable=False),
    ForeignKeyConstraint(_PLACE, [f"listing.{name}" for name in _PLACE], ondelete="CASCADE"),
    **CLUSTERED,
)

tag = Table(
    "tag",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("parent_id", ForeignKey("tag.id")),
    Column("name", Name, nullable=False, index=True),
    Column("name_key", Name, nullable=False, unique=True),  # casefolded, one in the whole tree
)

image_tag = Table(
    "image_tag",
    metadata,
    Column("tag_id", ForeignKey("tag.id", ondelete="CASCADE"), primary_key=True),
    Column("image_id", ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
)
Index("ix_image_tag_image_id", image_tag.c.image_id)
