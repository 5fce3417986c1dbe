"""Whether a JPEG is complete: found by what its pixels depend on, as the decoder doesn't say.

libjpeg can't finish a picture whose end marker is missing; if there is one, it fills whatever is
missing before it with grey, and its warning doesn't reach us. Markers as in ITU-T T.81, annex B.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO

from PIL import Image, ImageFile

_END = b"\xff\xd9"
_TAILS = (b"", b"\x55" * 4096, b"\xaa" * 4096)
_MARKER = re.compile(rb"\xff([^\0\xd0-\xd7\xff])", re.DOTALL)  # of fill bytes the last
_BASELINE, _PROGRESSIVE = (0xC0, 0xC1), 0xC2
_ARITHMETIC = (0xC9, 0xCA)
_START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_KNOWN_FRAMES = {*_BASELINE, _PROGRESSIVE, *_ARITHMETIC}
_BITS = 8
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_BESIDE = {*range(0xE0, 0xF0), 0xFE}
"""Applications' own segments, and comments."""
_NEEDED_BESIDE = {b"Exif\0\0": 6, b"Adobe": 12}
"""How the picture is turned, and how its colours are written; and the fewest bytes of that."""
_ROWS = 256
_MOST = 10  # components, in libjpeg; a segment has room for 21,000
_GREY = {127, 128}
"""What libjpeg puts where nothing is known, in each channel."""
_LAST = 16
"""How many last bytes are held back: in a complete picture they hold pixels, unless they are only
filling."""
_SAMPLES = 16
_ALIKE = 2
"""With how many equal bytes a scan may end."""


class Watched(BytesIO):
    """The bytes of a JPEG on their way to the decoder, which gets the last of them apart.

    So one can see whether the decoder had the last row before these bytes, which belong to it.
    """

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.image: Image.Image | None = None
        self.row: list[object] | None = None
        """Pixels of the last row as they were then; None if the decoder asked for no more bytes."""
        self.end = len(data)
        self._apart = len(data)

    def watch(self, image: Image.Image) -> None:
        """Begin, when the picture is opened and before it is loaded."""
        data = self.getvalue()
        _at_once(image, data)
        # Its end needn't be looked for where it is, which is a hundredth of decoding.
        at_the_end = data.endswith(_END) and image.format == "JPEG"
        self.end = len(data) - len(_END) if at_the_end else _end(data)
        self._apart = -1 if _is_arithmetic(data) else self.end - _LAST
        self.image = image

    def read(self, size: int | None = -1, /) -> bytes:
        """Read on, but not past where the last bytes begin."""
        at = self.tell()
        if self.image is None or size is None or size < 0 or at > self._apart:
            return super().read(size)
        if at == self._apart:
            self.row = _last_row(self.image)
            return super().read(size)
        return super().read(min(size, self._apart - at))


def is_whole(data: bytes, watched: Watched) -> bool:
    """Whether all pixels of a picture that was loaded come from its bytes.

    Costs nothing where the picture looks whole: its last pixel isn't grey, its last row needed the
    last bytes. Else what the pixels depend on decides; that is seen by decoding again.
    """
    image = watched.image
    if image is None:
        return True
    if image.info.get("progressive") and not _scans_finished(data):
        return False
    row = _last_row(image)
    looks_cut = _is_grey(row[-1])
    looks_done_early = watched.row is None or watched.row == row
    if not (looks_cut or looks_done_early):
        return True
    end = _end(data)  # not that of a preview behind the picture, which many cameras put there
    if looks_cut and not _is_settled(data[:end]):
        return False
    if not looks_done_early:
        return True
    written = _written(data[:end])
    if len(written) < end:
        return _is_settled(written) or _fits(data[:end])
    # Where a scan has fewer bytes than that the header is cut: then nothing decodes, which differs.
    return _digest_of_pixels(data[:end] + _END) != _digest_of_pixels(data[: end - _LAST] + _END)


def with_end(data: bytes) -> bytes | None:
    """Complete a JPEG that only lacks its end marker.

    It does if every coefficient was sent to its last bit, and if the pixels are the same whatever
    bits follow: a missing block would take its values from them.

    Returns:
        The bytes with an end marker; None if pixels are missing, or it doesn't decode at all.
    """
    data = data.rstrip(b"\xff")
    if not _scans_finished(data):
        return None
    written = _written(data)
    return written + _END if _is_settled(written) else None


def lean(data: bytes) -> bytes:
    """The same picture with nothing beside it but how it is turned and how its colours are written.

    What programs and cameras write there may be put together wrongly, and costs no pixel.
    """
    kept = [data[:2]]
    at = 2
    for kind, start, segment in _segments(data):
        if kind == _START_OF_SCAN:
            break
        end = start + 4 + len(segment)
        if kind not in _BESIDE or _is_needed(segment):
            kept.append(data[start:end])
        at = end
    return b"".join(kept) + data[at:]


def _is_needed(segment: bytes) -> bool:
    return any(
        segment.startswith(word) and len(segment) >= least for word, least in _NEEDED_BESIDE.items()
    )


def is_unusual(data: bytes) -> bool:
    """Whether it is a JPEG of a kind that libjpeg doesn't decode: lossless, layered, of 12 bits."""
    for kind, _, segment in _segments(data):
        if kind in _START_OF_FRAME:
            return kind not in _KNOWN_FRAMES or segment[0] != _BITS
    return False


def _written(data: bytes) -> bytes:
    """The data without a run of one byte at their end: what was never written is zero, or padding.

    Zeros read as many blocks of nothing, so a picture whose second half they are looks finished.
    """
    stripped = data.rstrip(data[-1:])
    return data[: len(stripped) + _ALIKE]


def _is_settled(data: bytes) -> bool:
    """Whether there are pixels, and they are the same whatever bits follow."""
    found = {_digest_of_pixels(data + tail + _END) for tail in _TAILS}
    return len(found) == 1 and None not in found


def _fits(data: bytes) -> bool:
    """Whether a scan that ends with one byte many times is as long as its pixels need.

    A picture of one colour is coded like this; if a part was overwritten, there are too many or too
    few bytes.
    """
    return _is_settled(data) and not _is_settled(data[: -_ALIKE - 1])


def _is_grey(pixel: object) -> bool:
    return set(pixel if isinstance(pixel, tuple) else (pixel,)) <= _GREY


def _last_row(image: Image.Image) -> list[object]:
    """Some pixels of the last row, the last one among them, as they are now, decoded or not."""
    width, height = image.im.size
    columns = {(width - 1) * part // _SAMPLES for part in range(1, _SAMPLES + 1)}
    return [image.im.getpixel((column, height - 1)) for column in sorted(columns)]


def _segments(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Each marker with where it begins and what it holds, up to the end of the picture."""
    at = 2
    while found := _MARKER.search(data, at):
        kind, at = found[1][0], found.end()
        if kind == _END_OF_IMAGE:
            yield kind, at - 2, b""
            return
        length = int.from_bytes(data[at : at + 2], "big")
        yield kind, at - 2, data[at + 2 : at + length]
        at += max(length, 2)


def _end(data: bytes) -> int:
    """Where the end marker is; the end of the bytes if there is none."""
    return next((at for kind, at, _ in _segments(data) if kind == _END_OF_IMAGE), len(data))


def _is_arithmetic(data: bytes) -> bool:
    frames = (kind for kind, _, _ in _segments(data) if kind in _START_OF_FRAME)
    return next(frames, None) in _ARITHMETIC


def _at_once(image: Image.Image, data: bytes) -> None:
    """Give the decoder all bytes at once: with arithmetic coding it can't wait for more."""
    if isinstance(image, ImageFile.ImageFile) and _is_arithmetic(data):
        image.decodermaxblock = max(image.decodermaxblock, len(data))


def _scans_finished(data: bytes) -> bool:
    """Tell whether each of the 64 coefficients of each component was sent down to bit 0."""
    missing: set[tuple[int, int]] | None = None
    for kind, _, segment in _segments(data):
        if kind in _KNOWN_FRAMES and len(segment) > 6:
            missing = {(of, k) for of in segment[6::3][:_MOST] for k in range(64)}
        elif kind == _START_OF_SCAN and missing is not None and len(segment) > 5:
            first, last, bits = segment[-3:]
            if not bits & 15:
                of_scan = segment[1:-3:2][:_MOST]
                missing -= {(of, k) for of in of_scan for k in range(first, last + 1)}
    return missing == set()


def _digest_of_pixels(data: bytes) -> bytes | None:
    """Hash the pixels strip by strip: a second full copy may be more than the memory there is.

    None for bytes that don't decode.
    """
    digest = hashlib.sha256()
    with suppress(OSError, SyntaxError), Image.open(BytesIO(data), formats=("JPEG",)) as image:
        _at_once(image, data)
        image.load()
        for top in range(0, image.height, _ROWS):
            box = (0, top, image.width, min(top + _ROWS, image.height))
            digest.update(image.crop(box).tobytes())
        return digest.digest()
    return None
