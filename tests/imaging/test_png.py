"""PNG whose pixels are missing, changed, or all there, as the decoder lets all of them pass."""

import struct
import zlib

import numpy as np
import pytest

from fapproc.imaging.decode import Undecodable, decode
from fapproc.model import Detail
from tests.odd_pictures import SIGNATURE, chunk

SIDES = (40, 31)
_RANDOM = np.random.default_rng(5)
# One row after the other, or Adam7's seven passes (PNG specification).
_PLAIN = [(0, 1, 0, 1)]
_PASSES = [(0, 8, 0, 8), (0, 8, 4, 8), (4, 8, 0, 4), (0, 4, 2, 4), (2, 4, 0, 2), (0, 2, 1, 2)]
_WAYS = {"plain": _PLAIN, "interlaced": [*_PASSES, (1, 2, 0, 1)]}
# Colour type, bits, channels.
_KINDS = [(0, 1, 1), (0, 4, 1), (0, 16, 1), (2, 8, 3), (2, 16, 3), (3, 2, 1), (4, 8, 2), (6, 16, 4)]


def rows_of(way: str, bits: int, *, black: bool = False, sides: tuple[int, int] = SIDES) -> bytes:
    """Rows as they are packed, of pixels that are anything or black."""
    rows = b""
    for top, down, left, across in _WAYS[way]:
        columns, count = len(range(left, sides[0], across)), len(range(top, sides[1], down))
        length = (columns * bits + 7) // 8
        for _ in range(count if columns else 0):
            rows += b"\0" + (bytes(length) if black else _RANDOM.bytes(length))
    return rows


def png_of(
    packed: bytes, way: str, colour: int = 2, bits: int = 8, sides: tuple[int, int] = SIDES
) -> bytes:
    """A PNG with these packed pixels."""
    head = struct.pack(">IIBBBBB", *sides, bits, colour, 0, 0, way == "interlaced")
    parts = [chunk(b"IHDR", head)]
    parts += [chunk(b"PLTE", bytes(range(12)))] if colour == 3 else []
    return SIGNATURE + b"".join([*parts, chunk(b"IDAT", packed), chunk(b"IEND", b"")])


@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
def test_one_whose_pixels_end_too_early_is_seen_and_marked(way: str, share: float) -> None:
    rows = rows_of(way, 24)
    decoded = decode(png_of(zlib.compress(rows[: int(len(rows) * share)]), way))
    assert decoded.unsound is Detail.TRUNCATED
    assert decoded.first.size == SIDES
    assert np.asarray(decoded.first).any()


@pytest.mark.parametrize("way", _WAYS)
def test_one_with_bytes_that_were_changed_is_seen_and_marked(way: str) -> None:
    data = png_of(zlib.compress(rows_of(way, 24)), way)
    for at in (len(data) // 3, len(data) // 2):
        changed = data[:at] + bytes(64) + data[at + 64 :]
        for end in (0, len(b"IEND") + 8):
            assert decode(changed[: len(changed) - end]).unsound is Detail.TRUNCATED, (at, end)


def test_one_of_which_the_decoder_has_no_pixel_is_truncated() -> None:
    for packed in (b"xx", bytes(100), b"x\x9c" + b"\xff" * 50):
        with pytest.raises(Undecodable) as caught:
            decode(png_of(packed, "plain"))
        assert caught.value.detail is Detail.TRUNCATED


@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("sides", [SIDES, (1, 1), (3, 2), (7, 1), (1, 9)])
def test_one_that_is_black_at_its_end_is_whole(
    way: str, kind: tuple[int, int, int], sides: tuple[int, int]
) -> None:
    colour, bits, channels = kind
    for black in (False, True):
        rows = rows_of(way, bits * channels, black=black, sides=sides)
        data = png_of(zlib.compress(rows), way, colour, bits, sides)
        assert decode(data).unsound is None


def test_a_wrong_checksum_alone_says_nothing() -> None:
    packed = zlib.compress(rows_of("plain", 24))
    whole = png_of(packed, "plain")
    of_chunk = whole[:-16] + bytes(4) + whole[-12:]
    of_pixels = png_of(packed[:-4] + bytes(4), "plain")
    for data in (of_chunk, of_pixels):
        decoded = decode(data)
        assert decoded.unsound is None
        assert decoded.first.tobytes() == decode(whole).first.tobytes()
