"""Images that a person has pruned: the packed rows of each while in the bin, and its digest."""

from sqlalchemy import BigInteger, Column, Index, Table

from fapproc.db.dialect import DIGEST, NUMBER, WORD
from fapproc.db.schema.kept import metadata

# No reference ties a row to its image, whose row is gone, or to the one that was kept.
pruned = Table(
    "pruned",
    metadata,
    Column("image_id", NUMBER, primary_key=True, autoincrement=False),  # what it was, and may be
    Column("digest", DIGEST, nullable=False, unique=True),
    Column("kept", DIGEST, nullable=False, index=True),  # the image that it was like
    Column("at", BigInteger, nullable=False),
    Column("decision_id", NUMBER, nullable=False),
    Column("state", WORD, nullable=False),  # in the bin, leaving it, or gone
    Column("bytes", BigInteger, nullable=False),
    Column("format", WORD, nullable=False),
    Column("thumb_bytes", BigInteger),
    Column("thumb_digest", DIGEST),
    Column("thumb_format", WORD),
    Column("parcel", WORD),  # its row and those that hung on it, as JSON; null once it has left
)
# Whether anything of a decision is in the bin is asked for each that is shown.
Index("ix_pruned_state", pruned.c.state, pruned.c.decision_id)
