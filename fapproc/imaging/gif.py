"""The block structure of a GIF, walked without decoding: cheap count, and what Pillow lets pass.

Pillow takes the end of the bytes for the end of the animation, so a file cut behind an extension
looks like a shorter one. Blocks as in the GIF89a specification (CompuServe, 1990).
"""

from contextlib import suppress

from fapproc.imaging.undecodable import Undecodable
from fapproc.model import Detail

_EXTENSION, _IMAGE, _TRAILER, _PADDING = 0x21, 0x2C, 0x3B, 0x00
_COLOURS_FOLLOW = 0x80


def count_frames(data: bytes) -> int:
    """Count the images of a GIF up to its trailer.

    A missing trailer is tolerated after a whole frame, whatever else follows: then no pixel is
    known to be missing. Pixels within a frame are the decoder's to judge.

    Raises:
        Undecodable: TRUNCATED, when the bytes end in a header or before the frame it announces.
    """
    try:
        return _walk(data)
    except IndexError:
        raise Undecodable(Detail.TRUNCATED, "the GIF ends inside a header") from None


def without_nothing(data: bytes) -> bytes | None:
    """A GIF without its frames of no size, which a decoder refuses; None if it has none.

    What stands before such a frame (its time, its transparency) goes with it.
    """
    kept, at, begun = [data[:13]], 13, 13
    with suppress(IndexError):
        at = begun = 13 + _palette_bytes(data[10])
        kept = [data[:at]]
        while data[at] in {_IMAGE, _EXTENSION, _PADDING}:
            kind, end = data[at], _end_of_block(data, at)
            if kind == _IMAGE:
                if all(any(data[side : side + 2]) for side in (at + 5, at + 7)):
                    kept.append(data[begun:end])
                begun = end
            at = end
    lean = b"".join(kept) + data[begun:]
    return lean if len(lean) < len(data) else None


def _walk(data: bytes) -> int:
    at = 13 + _palette_bytes(data[10])
    frames, whole = 0, False
    while at < len(data):
        kind = data[at]
        if kind in {_IMAGE, _EXTENSION, _PADDING}:
            frames += kind == _IMAGE
            whole = kind == _IMAGE or (whole and kind == _PADDING)
            at = _end_of_block(data, at)
        else:  # the trailer, or garbage, where GIF89a and the browsers stop too
            whole = whole or kind == _TRAILER
            break
    if not whole:
        raise Undecodable(Detail.TRUNCATED, "the GIF ends before its next frame")
    return frames


def _end_of_block(data: bytes, at: int) -> int:
    """Where the block that begins there ends: an image, an extension, or a filling byte."""
    if data[at] == _IMAGE:
        return _skip_sub_blocks(data, at + 11 + _palette_bytes(data[at + 9]))
    return _skip_sub_blocks(data, at + 2) if data[at] == _EXTENSION else at + 1


def _palette_bytes(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & _COLOURS_FOLLOW else 0


def _skip_sub_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1
