"""Compressed bodies, unpacked to their end and within a limit: bytes in, bytes out.

Scrapy keeps what it has when a body breaks off: half a page would pass for a complete one.
"""

import zlib
from collections.abc import Generator, Iterator
from typing import Any

from scrapy.exceptions import DownloadFailedError
from scrapy.utils._compression import _unbrotli, _unzstd

ASKED_FOR = "gzip, deflate"
_NOT_ASKED_FOR = {"br": _unbrotli, "zstd": _unzstd}  # sent by caches that don't look what was
_PIECE = 65_536
_MOST_MEMBERS = 64  # of one gzip
_GZIP = b"\x1f\x8b\x08"
_CHECKSUM_AND_LENGTH = 8


class CutOff(DownloadFailedError):
    """A body ends before its end."""


class TooLarge(DownloadFailedError):
    """A body is larger than anything that is wanted."""


def unpack(body: bytes, coding: str, most: int) -> bytes:
    """Unpack a body.

    Args:
        body: as it came.
        coding: how it is said to be compressed; if that is unknown, it stays as it came.
        most: how many bytes it may have, unpacked.

    Raises:
        CutOff: it ends before its end, or is damaged.
        TooLarge: it has more bytes.
    """
    try:
        if coding in _NOT_ASKED_FOR:
            return _NOT_ASKED_FOR[coding](body, max_size=most)
        if coding in {"gzip", "x-gzip"}:
            return _joined(_gunzip(body), most)
        return _joined(_inflate(body), most) if coding == "deflate" else body
    except (CutOff, TooLarge):
        raise
    except Exception as error:  # each of four libraries has its own
        raise CutOff(f"no {coding}") from error


def _joined(pieces: Iterator[bytes], most: int) -> bytes:
    """Join the pieces, up to this size."""
    found = bytearray()
    for piece in pieces:
        found += piece
        if len(found) > most:
            raise TooLarge(f"more than {most:,} bytes of it")
    return bytes(found)


def _inflate(body: bytes) -> Iterator[bytes]:
    """Inflate; some servers leave out the two bytes before the deflated ones."""
    has_head = len(body) > 1 and body[0] & 15 == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    yield from _stream(body, 0, zlib.decompressobj(zlib.MAX_WBITS if has_head else -zlib.MAX_WBITS))


def _gunzip(body: bytes) -> Iterator[bytes]:
    """Unpack gzip; what follows the last member, and wrong checksums, are ignored."""
    at = 0
    for _ in range(_MOST_MEMBERS):
        at = _after_head(body, at)
        at = yield from _stream(body, at, zlib.decompressobj(-zlib.MAX_WBITS))
        at += _CHECKSUM_AND_LENGTH
        if not body.startswith(_GZIP, at):
            return


def _after_head(body: bytes, at: int) -> int:
    """Where the deflated bytes of a member begin (RFC 1952)."""
    if not body.startswith(_GZIP, at):
        raise CutOff("no gzip")
    flags, at = body[at + 3], at + 10
    if flags & 4:
        at += 2 + int.from_bytes(body[at : at + 2], "little")
    for flag in (8, 16):
        if flags & flag:
            at = body.index(b"\0", at) + 1
    return at + 2 if flags & 2 else at


def _stream(body: bytes, at: int, unpacker: Any) -> Generator[bytes, None, int]:
    """Unpack one stream in pieces, whose copies cost little; return where it ended."""
    while not unpacker.eof:
        piece = body[at : at + _PIECE]
        if not piece:
            raise CutOff("no end")
        at += len(piece)
        while piece and not unpacker.eof:
            yield unpacker.decompress(piece, _PIECE)
            piece = unpacker.unconsumed_tail
    return at - len(unpacker.unused_data)
