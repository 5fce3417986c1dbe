"""Open an archive for a command that only reads: as any, or without writing where it can't be.

A read-only mount, a snapshot, a full disk, another owner's folder: there is no lock then, nothing
is upgraded or tidied, and the rows are read without SQLite's own locks. So what somebody writes
meanwhile may be missed.
"""

import errno
from pathlib import Path

from fapproc import description as descriptions
from fapproc.archive import Archive
from fapproc.errors import FapError, StorageError
from fapproc.unlocking import Unlocked, unlock
from fapproc.voice import tell

_NOT_TO_BE_WRITTEN = frozenset(
    {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOSPC, errno.EDQUOT, errno.ENOLCK}
)


def open_to_read(folder: Path, *, only: bool = False, password: str | None = None) -> Archive:
    """Open the archive in this folder, of which nothing is to be changed.

    Args:
        folder: of the archive.
        only: write nothing even where that could be.
        password: of a sealed one; asked for if None.

    Raises:
        StorageError: it can't be read, or has to be upgraded first.
        NoArchive, PasswordProblem, ArchiveHeld, Damaged: as `Archive.open`.
    """
    unlocked = unlock(folder, password)
    if only:
        return _opened(unlocked)
    try:
        return Archive.open_unlocked(unlocked)
    except StorageError as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno not in _NOT_TO_BE_WRITTEN:
            raise
        try:
            archive = _opened(unlocked)
        except FapError:
            raise error from None
    tell(f"The archive in {folder} can't be written, so it is opened read-only.")
    return archive


def _opened(unlocked: Unlocked) -> Archive:
    archive = Archive(unlocked, unlocked.description.lock(unlocked.folder), read_only=True)
    try:
        archive.refuse_lost()
        archive.upgrade()
    except BaseException:
        archive.close()
        raise
    return archive


def glimpse(folder: Path) -> Archive | None:
    """An open archive as it is at this moment, for a name or two; nothing in its folder is changed.

    None where there is none, where it is sealed, or where `seal` or `unseal` is at work.

    Raises:
        FapError: what lies there can't be read.
    """
    found = descriptions.read(folder)
    if found is None or found.sealed or found.work is not None:
        return None
    return Archive(Unlocked(folder, found, None), found.lock(folder))
