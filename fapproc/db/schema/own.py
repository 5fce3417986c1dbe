"""What the archive and its jobs remember about themselves."""

from sqlalchemy import BigInteger, Column, ForeignKey, Table

from fapproc.db.dialect import GIVEN_ONCE, WORD, Name, number
from fapproc.db.schema.kept import metadata

# What belongs to this archive and not to the machine, as JSON by name.
setting = Table(
    "setting",
    metadata,
    Column("name", WORD, primary_key=True),
    Column("value", WORD, nullable=False),
)

# How far a job has come that goes through everything, and goes on where it was stopped.
progress = Table(
    "progress",
    metadata,
    Column("name", WORD, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)

# What each job that changed something did, in the words in which it was told.
journal = Table(
    "journal",
    metadata,
    number(),
    Column("name", WORD, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("said", Name, nullable=False),
    **GIVEN_ONCE,
)

# Images of which that job found a file damaged: read again when it goes on, never forgotten.
suspect = Table(
    "suspect",
    metadata,
    Column("image_id", ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
)
