"""Images to be deleted and the keys of their files, packed: a plan of a million takes 42 MB."""

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, overload

from fapproc.db.images import Stored
from fapproc.model import Format
from fapproc.vault.store import Key, Kind

_ROW = struct.Struct("<32sqBB")  # digest, bytes, format, that of the thumbnail
_FORMATS = tuple(Format)
_CODES = {form: code for code, form in enumerate(_FORMATS)}
_NONE = 255


class Going(NamedTuple):
    """An image that goes."""

    digest: str
    bytes: int
    keys: tuple[Key, ...]
    """Of its files."""


def going(stored: Stored) -> Going:
    """An image with the keys of its files."""
    found = stored.image
    return _going(found.digest, found.bytes, found.format, found.thumb_format)


def _going(digest: str, size: int, form: Format, thumb: Format | None) -> Going:
    keys = [Key(Kind.BLOB, digest, form)]
    if thumb is not None:
        keys.append(Key(Kind.THUMB, digest, thumb))
    return Going(digest, size, tuple(keys))


class Leaving(Sequence[Going]):
    """Images that go, in an order; each is made when it is asked for."""

    __slots__ = ("_rows",)

    def __init__(self, rows: bytes = b"") -> None:
        self._rows = rows

    @classmethod
    def of(cls, found: Iterable[Stored]) -> "Leaving":
        """Pack these, taken one by one."""
        rows = bytearray()
        for each in found:
            one = each.image
            thumb = _NONE if one.thumb_format is None else _CODES[one.thumb_format]
            rows += _ROW.pack(bytes.fromhex(one.digest), one.bytes, _CODES[one.format], thumb)
        return cls(bytes(rows))

    @property
    def size(self) -> int:
        """Bytes of all images."""
        return sum(row[1] for row in _ROW.iter_unpack(self._rows))

    @property
    def digests(self) -> Iterator[bytes]:
        """Of all images, 32 bytes each."""
        return (row[0] for row in _ROW.iter_unpack(self._rows))

    def __len__(self) -> int:
        return len(self._rows) // _ROW.size

    @overload
    def __getitem__(self, at: int) -> Going: ...
    @overload
    def __getitem__(self, at: slice) -> "Leaving": ...
    def __getitem__(self, at: int | slice) -> "Going | Leaving":
        if isinstance(at, slice):
            start, stop, step = at.indices(len(self))
            if step != 1:
                raise ValueError("only stretches are told")
            return Leaving(self._rows[start * _ROW.size : stop * _ROW.size])
        digest, size, form, thumb = _ROW.unpack_from(self._rows, range(len(self))[at] * _ROW.size)
        other = None if thumb == _NONE else _FORMATS[thumb]
        return _going(digest.hex(), size, _FORMATS[form], other)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Leaving) and self._rows == other._rows

    def __hash__(self) -> int:
        return hash(self._rows)
