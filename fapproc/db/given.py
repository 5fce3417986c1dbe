"""Which tags images were given last, as the log of decisions says."""

from contextlib import suppress

from sqlalchemy import Connection, select

from fapproc.db.decisions import Kind
from fapproc.db.logged import TagState
from fapproc.db.schema import decision


def tags(connection: Connection, *, within: int) -> list[int]:
    """Ids of tags that images were given, the last first, by as many decisions as this at most.

    What can't be read is passed over: it says nothing of where tags belong.
    """
    last = select(decision).order_by(decision.c.id.desc()).limit(within).subquery()
    stands = (last.c.kind == Kind.TAGS) & last.c.undone_at.is_(None)
    found: dict[int, None] = {}
    for text in connection.scalars(select(last.c.after).where(stands).order_by(last.c.id.desc())):
        with suppress(ValueError):
            found.update(dict.fromkeys(TagState.tags_of_images(text)))
    return list(found)
