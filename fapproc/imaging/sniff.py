"""What bytes are, told from the first of them: a pure function, no decoder, no I/O."""

import codecs
import re
from struct import unpack_from

from fapproc.model import Detail, Format

HEAD = 1024
"""How many first bytes `sniff` looks at; fewer will do for all but text behind white space."""

_ON_THE_LIST: tuple[tuple[bytes, Format], ...] = (
    (b"\xff\xd8\xff", Format.JPG),
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
    (b"GIF87a", Format.GIF),
    (b"GIF89a", Format.GIF),
    (b"II*\0", Format.TIFF),
    (b"MM\0*", Format.TIFF),
    (b"II+\0\x08\0\0\0", Format.TIFF),
    (b"MM\0+\0\x08\0\0", Format.TIFF),
)

_OFF_THE_LIST: tuple[bytes, ...] = (
    b"%!PS",  # EPS
    b"\xc5\xd0\xd3\xc6",  # EPS with a preview
    b"8BPS",  # PSD
    b"\0\0\x01\0",  # ICO
    b"\0\0\x02\0",  # CUR
    b"icns",
    b"\0\0\0\x0cjP  \r\n\x87\n",  # JPEG 2000
    b"\xff\x4f\xff\x51",  # JPEG 2000, bare codestream
    b"\0\0\0\x0cJXL \r\n\x87\n",
    b"\xff\x0a",  # JPEG XL, bare codestream
    b"qoif",
    b"DDS ",
    b"SIMPLE  =",  # FITS
    b"\xd7\xcd\xc6\x9a",  # WMF
    b"\x01\0\x09\0\0\x03",  # WMF
    b"\x76\x2f\x31\x01",  # OpenEXR
    b"#?RADIANCE",
    b"\x8aMNG",
    b"\x8bJNG",
    b"gimp xcf",
    b"BPG\xfb",
    b"FLIF",
    b"II\xbc\x01",  # JPEG XR
    b"AT&TFORM",  # DjVu
    b"\x59\xa6\x6a\x95",  # Sun raster
    b"\x01\xda",  # SGI
    b"/* XPM */",
)

_PCX = re.compile(rb"\x0a[\0\x02-\x05][\0\x01][\x01\x02\x04\x08]")
_PNM = re.compile(rb"P[1-7Ff]\s+(#|\d|WIDTH)")
_SVG = re.compile(rb"<svg\b")
_BEFORE_SVG = ((b"<?xml", b"?>"), (b"<!--", b"-->"), (b"<!DOCTYPE svg", b">"))
"""What may stand before the first tag, and how it ends."""
_WHITE = b" \t\n\r\f\v"
_AVIF_BRANDS = {b"avif", b"avis"}
_CONTAINER_BRANDS = {b"mif1", b"msf1", b"mif2", b"miaf", b"MA1A", b"MA1B"}
_HEIF_BRANDS = {
    b"heic",
    b"heix",
    b"heim",
    b"heis",
    b"hevc",
    b"hevx",
    b"hevm",
    b"hevs",
    b"jpeg",
    b"j2ki",
}
_BMP_HEADERS = {12, 16, 40, 52, 56, 64, 108, 124}


def sniff(head: bytes) -> Format | Detail:
    """Tell the format of a picture from its first bytes, whatever its name or its server says.

    Args:
        head: the first `HEAD` bytes, or all there are; more does no harm.

    Returns:
        The format if it is one of the seven; else `Detail.EMPTY` for no bytes at all,
        `Detail.FORMAT` for a picture of another kind, `Detail.NOT_A_PICTURE` for anything else.
    """
    if not head:
        return Detail.EMPTY
    head = head[:HEAD]
    for magic, format_ in _ON_THE_LIST:
        if head.startswith(magic):
            return format_
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return Format.WEBP
    if head[4:8] == b"ftyp":
        return _of_brands(head)
    if _is_bmp(head):
        return Format.BMP
    return Detail.FORMAT if _is_off_the_list(head) else Detail.NOT_A_PICTURE


def _of_brands(head: bytes) -> Format | Detail:
    """Tell AVIF from its relatives by the brands in an ISO media file's first box."""
    end = min(len(head), int.from_bytes(head[:4], "big"))
    major = head[8:12]
    brands = {major, *(head[at : at + 4] for at in range(16, end - 3, 4))}
    if major in _AVIF_BRANDS or (major in _CONTAINER_BRANDS and brands & _AVIF_BRANDS):
        return Format.AVIF
    return Detail.FORMAT if brands & (_HEIF_BRANDS | _CONTAINER_BRANDS) else Detail.NOT_A_PICTURE


def _is_bmp(head: bytes) -> bool:
    """Look past `BM`, with which text may begin: pixel offset and header size must be possible."""
    if not head.startswith(b"BM") or len(head) < 18:
        return False
    pixels_at, header = unpack_from("<II", head, 10)
    return header in _BMP_HEADERS and 14 + header <= pixels_at < 1 << 20


def _is_off_the_list(head: bytes) -> bool:
    if head.startswith(_OFF_THE_LIST) or head[40:44] == b" EMF":
        return True
    return any(pattern.match(head) for pattern in (_PCX, _PNM)) or _is_svg(head)


def _is_svg(head: bytes) -> bool:
    """Look past a declaration, comments and a document type, each byte once."""
    at = len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0
    while True:
        while head[at : at + 1] and head[at] in _WHITE:
            at += 1
        end = next((end for start, end in _BEFORE_SVG if head.startswith(start, at)), None)
        if end is None:
            return _SVG.match(head, at) is not None
        found = head.find(end, at)
        if found < 0:
            return False
        at = found + len(end)
