"""How many pictures of a small album a view has, and how many of them carry each mark.

Each is asked for everything in one statement: seven of them went through the album seven times, and
a server planned each anew.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, and_, func

from fapproc.db import in_album, nothing
from fapproc.db.selected import Chosen, image_conditions
from fapproc.model import UserId
from fapproc.selections.selection import Selection


def count(
    connection: Connection, album: tuple[UserId, int], chosen: Chosen, marks: Sequence[Selection]
) -> list[int]:
    """How many pictures there are, and how many of these each other selection means too.

    Args:
        connection: that reads.
        album: a small one, as `in_album.is_small` says.
        chosen: what the view asks for.
        marks: what is asked of the images of those beside it; nothing of their places.
    """
    if nothing.is_meant(connection, chosen):
        return [0] * (1 + len(marks))
    asked = replace(chosen, words=(), asked=chosen.words)
    shown = in_album.shown(album, asked, rows=True, wide=True)
    too = (
        and_(*image_conditions(Chosen(replace(mark, dup=True)), wide=True, few=True))
        for mark in marks
    )
    counts = (func.count(), *(func.count().filter(each) for each in too))
    return [int(number) for number in connection.execute(shown.with_only_columns(*counts)).one()]
