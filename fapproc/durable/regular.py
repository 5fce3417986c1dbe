"""Read a file that may be anything: a pipe, a device, a link, a folder, 300 GB of nothing.

The one place where bytes of a file that somebody else may have laid are read. Opened so that it
does not wait, looked at, and read only if it is a file of a picture's size.
"""

import errno
import os
from pathlib import Path

from fapproc.disk import refuse_other

LARGEST = 256 * 1024 * 1024
"""No picture of more bytes is taken in, from the site or from a folder."""

_LARGEST_STORED = LARGEST + LARGEST // 1024  # sealing adds 1 in 4096
_READING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read_regular(path: Path, *, most: int) -> bytes:
    """Return the bytes of a regular file; a link is followed to what it names.

    Args:
        path: where it lies.
        most: more bytes than that are refused before one is read.

    Raises:
        OSError: there is none, it can't be read, or it is no such file; `strerror` says which.
    """
    try:
        opened = os.open(path, _READING)
    except OSError as error:
        if error.errno == errno.ENXIO:  # what opening a socket says
            raise OSError(
                errno.ENXIO, "it is a socket, or its device is gone", str(path)
            ) from error
        raise
    return read_open(opened, str(path), most=most)


def read_open(opened: int, path: str, *, most: int = _LARGEST_STORED) -> bytes:
    """Return the bytes of a regular file, and close it.

    Args:
        opened: its descriptor.
        path: how the error is to call it.
        most: more bytes than that are refused before one is read.

    Raises:
        OSError: it can't be read, or is no regular file; `strerror` says which.
    """
    try:
        found = os.fstat(opened)
        refuse_other(found, path)
        if found.st_size > most:
            raise OSError(errno.EFBIG, "it is larger than any picture", path)
        with os.fdopen(opened, "rb", buffering=0, closefd=False) as stream:
            data = stream.read() or b""
        if len(data) < found.st_size:  # where a disk says that it isn't ready, Python stops there
            raise OSError(errno.EIO, f"{len(data):,} of its {found.st_size:,} bytes came", path)
        return data
    finally:
        os.close(opened)
