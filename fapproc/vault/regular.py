"""Read a file that may be anything: a pipe, a device, a link, a folder, 300 GB of nothing.

The one place where bytes of a file that somebody else may have laid are read. Opened so that it
neither waits nor follows a link, looked at, and read only if it is a file of a picture's size.
"""

import errno
import os
import stat
from pathlib import Path

LARGEST = 256 * 1024 * 1024
"""No picture of more bytes is taken in, from the site or from a folder."""

_LARGEST_STORED = LARGEST + LARGEST // 1024  # sealing adds 1 in 4096
READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_WHAT = {
    stat.S_IFIFO: "it is a pipe",
    stat.S_IFSOCK: "it is a socket",
    stat.S_IFDIR: "it is a folder",
    stat.S_IFCHR: "it is a device",
    stat.S_IFBLK: "it is a device",
}


def read_regular(path: Path, *, most: int = _LARGEST_STORED, follow: bool = False) -> bytes:
    """Return the bytes of a regular file.

    Args:
        path: where it lies.
        most: more bytes than that are refused before one is read.
        follow: whether a link is followed to what it names; else it is refused.

    Raises:
        OSError: there is none, it can't be read, or it is no such file; `strerror` says which.
    """
    return read_open(_opened(path, follow=follow), path, most=most)


def read_open(opened: int, path: Path, *, most: int = _LARGEST_STORED) -> bytes:
    """Return the bytes of what was opened with `READING`, and close it.

    Args:
        opened: its descriptor.
        path: where it lies, for the sentence.
        most: more bytes than that are refused before one is read.

    Raises:
        OSError: it can't be read, or is no regular file; `strerror` says which.
    """
    try:
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode):
            what = _WHAT.get(stat.S_IFMT(found.st_mode), "it is no file")
            raise OSError(errno.EINVAL, what, str(path))
        if found.st_size > most:
            raise OSError(errno.EFBIG, "it is larger than any picture", str(path))
        with os.fdopen(opened, "rb", buffering=0, closefd=False) as stream:
            return stream.read()
    finally:
        os.close(opened)


def _opened(path: Path, *, follow: bool) -> int:
    try:
        return os.open(path, READING | (0 if follow else _NO_LINK))
    except OSError as error:
        if error.errno == errno.ELOOP and not follow and path.is_symlink():
            raise OSError(errno.ELOOP, "it is a link", str(path)) from error
        if error.errno == errno.ENXIO:  # what opening a socket says
            raise OSError(
                errno.ENXIO, "it is a socket, or its device is gone", str(path)
            ) from error
        raise
