"""How much the sizes of images vary, for the tables of users and albums; may take seconds."""

from collections.abc import Mapping

from fapproc.archive import Archive
from fapproc.db import spreads
from fapproc.db.figures import Spread
from fapproc.model import UserId

QUICK = 20_000
"""Of so many images it takes some hundredths of a second; of a million, seconds."""


def of_users(archive: Archive) -> Mapping[UserId, Spread]:
    """By user; who has no images is missing."""
    with archive.reading() as connection:
        return spreads.of_users(connection)


def of_albums(archive: Archive, user_id: UserId) -> Mapping[int, Spread]:
    """By album of a user; one without images is missing."""
    with archive.reading() as connection:
        return spreads.of_albums(connection, user_id)
