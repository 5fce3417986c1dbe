"""The bytes of one image or of its thumbnail, read whole and verified before the first is sent."""

import threading
from dataclasses import dataclass

from fapproc.archive import Archive
from fapproc.db import images
from fapproc.errors import Damaged
from fapproc.executors.local import LocalProcesses
from fapproc.executors.outcomes import Done
from fapproc.jobs.view_one import view_one
from fapproc.model import Format
from fapproc.vault.store import Key, Kind, digest_of
from fapproc.wording import short

_ONE = threading.Lock()


@dataclass(frozen=True, slots=True)
class Media:
    """Verified bytes, what they are, and the digest of just these bytes."""

    data: bytes
    format: Format
    digest: str


def blob(archive: Archive, digest: str) -> Media | None:
    """The image itself; None where no image has this digest.

    Raises:
        Damaged: the file is missing or is not what its name says.
    """
    with archive.reading() as connection:
        found = images.by_digest(connection, digest)
    if found is None:
        return None
    form = found.image.format
    return Media(archive.vault.get(Key(Kind.BLOB, digest, form)), form, digest)


def thumb(archive: Archive, digest: str) -> Media | None:
    """The image's thumbnail; None where no image has this digest, or it has no thumbnail yet.

    Raises:
        Damaged: the file is missing or is not what its row says.
    """
    with archive.reading() as connection:
        found = images.by_digest(connection, digest)
    if found is None or found.image.thumb_format is None or found.image.thumb_digest is None:
        return None
    form, own = found.image.thumb_format, found.image.thumb_digest
    return Media(archive.vault.get(Key(Kind.THUMB, digest, form), expect=own), form, own)


def view(archive: Archive, digest: str) -> Media | None:
    """A WEBP of the image that any browser shows, made now in a worker and kept nowhere.

    One at a time, as each may take much memory. None where no image has this digest.

    Raises:
        Damaged: the file is missing, is not what its name says, or no picture can be made of it.
    """
    found = blob(archive, digest)
    if found is None:
        return None
    with _ONE, LocalProcesses[bytes, bytes](view_one, processes=1) as workers:
        [(_, made)] = workers.map([(digest, found.data)])
    if not isinstance(made, Done):
        raise Damaged(f"Of {short(digest)} no picture can be made. 'fapproc check' shows more.")
    return Media(made.value, Format.WEBP, digest_of(made.value))
