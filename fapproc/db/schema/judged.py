"""Groups of images that may be one picture, and the verdicts of a person."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Table, false

from fapproc.db.dialect import CLUSTERED, GIVEN_ONCE, NUMBER, WORD, number, partial_index
from fapproc.db.schema.kept import metadata

duplicate_group = Table(
    "duplicate_group",
    metadata,
    number(),
    # Its members came from several judged groups: their verdicts want a second look.
    Column("to_look", Boolean, nullable=False, default=False, server_default=false()),
    **GIVEN_ONCE,
)

# SQLite uses it for what is asked in the same words.
partial_index(
    "ix_duplicate_group_to_look", duplicate_group.c.id, where=duplicate_group.c.to_look.is_(True)
)

group_member = Table(
    "group_member",
    metadata,
    Column("image_id", ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
    Column("group_id", ForeignKey("duplicate_group.id", ondelete="CASCADE"), nullable=False),
    Column("verdict", WORD, nullable=False, default="new"),
)
Index("ix_group_member_group_id", group_member.c.group_id)
Index("ix_group_member_verdict", group_member.c.verdict, group_member.c.group_id)

# What was said of an image that is in no group now, and in which group: it may come back.
former_verdict = Table(
    "former_verdict",
    metadata,
    Column("image_id", ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
    Column("group_id", NUMBER, nullable=False),  # that group need not be there any more
    Column("verdict", WORD, nullable=False),
)

# Two images of which a person said that they are not one picture; a_id < b_id.
different_pair = Table(
    "different_pair",
    metadata,
    Column("a_id", ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
    Column("b_id", ForeignKey("image.id", ondelete="CASCADE"), primary_key=True),
    Column("at", BigInteger, nullable=False),
    **CLUSTERED,
)
Index("ix_different_pair_b_id", different_pair.c.b_id)

# Each decision of a person, with what it changed (JSON, by kind), so that it can be undone.
decision = Table(
    "decision",
    metadata,
    number(),
    Column("at", BigInteger, nullable=False),
    Column("what", WORD, nullable=False),
    Column("before", WORD, nullable=False),
    Column("after", WORD, nullable=False),
    Column("undone_at", BigInteger),
    Column("kind", WORD, nullable=False, default="verdicts", server_default="verdicts"),
    **GIVEN_ONCE,
)
