"""Names that begin with what was typed, for completion in a shell. Never asks, always fast.

An open archive is read as it is at this moment: without a lock, without an upgrade, with nothing
tidied. The names of a sealed one can't be read without its password, so none is completed.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from fapproc import names
from fapproc.db import catalogue, images, tags
from fapproc.looking import glimpse
from fapproc.wording import short

MOST = 200
"""More names than that help nobody."""


def users(folder: Path, typed: str) -> list[str]:
    """Names of the archive's users."""
    return _known(folder, typed, lambda connection: (u.name for u in catalogue.users(connection)))


def albums(folder: Path, typed: str) -> list[str]:
    """Names of the archive's albums."""
    return _known(folder, typed, lambda connection: (a.name for a in catalogue.albums(connection)))


def tag_paths(folder: Path, typed: str) -> list[str]:
    """Paths of the archive's tags."""
    return _known(folder, typed, lambda connection: (each.path for each in tags.lines(connection)))


def digests(folder: Path, typed: str) -> list[str]:
    """The first digits of the archive's digests."""
    return _known(
        folder,
        typed,
        lambda connection: (
            short(each) for each in images.beginning(connection, typed.lower(), most=MOST)
        ),
    )


def _known(folder: Path, typed: str, read: Callable[[Connection], Iterable[str]]) -> list[str]:
    archive = glimpse(folder)
    if archive is None:
        return []
    with archive, archive.reading() as connection:
        return list(islice(_fitting(read(connection), typed), MOST))


def _fitting(found: Iterable[str], typed: str) -> Iterator[str]:
    begin = typed.casefold()
    for name in dict.fromkeys(found):
        if name.casefold().startswith(begin) and not any(map(names.steers, name)):
            yield name
