"""Pictures in a ZIP or CBZ file, an album like a folder: read one by one, not unpacked.

The sizes that such a file states are not believed: no more is read than a picture may have, and
nothing of an entry that has neither the name nor the first bytes of a picture.
"""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from lzma import LZMAError
from pathlib import Path, PurePosixPath

from fapproc.imaging.sniff import HEAD, sniff
from fapproc.model import Detail, Format
from fapproc.names import in_order

SUFFIXES = frozenset({".zip", ".cbz"})
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, LZMAError, struct.error),
    *(OSError, EOFError, RuntimeError, NotImplementedError),
    ValueError,  # a name that says it is UTF-8, and isn't
)
"""What reading a file of a ZIP raises: damage, a password, a packing that is not known here."""


def is_packed(file: Path) -> bool:
    """Whether a file is one by its name and its first bytes."""
    if file.suffix.lower() not in SUFFIXES or not file.is_file():
        return False
    try:
        with file.open("rb") as stream:
            return stream.read(4) == b"PK\x03\x04"
    except OSError:
        return False


def pictures(
    file: Path, claims: Callable[[str], bool], *, most: int
) -> Iterator[tuple[str, bytes | Detail | None]]:
    """Each file by its name: its bytes, why it can't be had, or None where it is no picture.

    Args:
        file: the ZIP.
        claims: whether a file of this name claims to be a picture.
        most: bytes that one may have.

    Raises:
        OSError: it can't be read as a whole.
    """
    try:
        packed = zipfile.ZipFile(file)
    except _UNREADABLE as error:
        raise OSError(None, "it is damaged, or no ZIP file", str(file)) from error
    with packed:
        for info in sorted(_files(packed), key=lambda info: in_order(info.filename)):
            name = PurePosixPath(info.filename).name
            yield info.filename, _read(packed, info, most, claims=claims(name))


def count(file: Path) -> int:
    """How many files `pictures` gives; 0 for a ZIP that can't be read."""
    try:
        with zipfile.ZipFile(file) as packed:
            return sum(1 for _ in _files(packed))
    except _UNREADABLE:
        return 0


def _files(packed: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    for info in packed.infolist():
        parts = PurePosixPath(info.filename).parts
        hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
        if parts and not info.is_dir() and not hidden:
            yield info


def _read(
    packed: zipfile.ZipFile, info: zipfile.ZipInfo, most: int, *, claims: bool
) -> bytes | Detail | None:
    try:
        with packed.open(info) as stream:
            head = stream.read(HEAD)
            if not claims and not isinstance(sniff(head), Format):
                return None
            data = head + stream.read(most - len(head) + 1)
    except _UNREADABLE:
        return Detail.UNREACHABLE if claims else None
    return Detail.TOO_LARGE if len(data) > most else data
