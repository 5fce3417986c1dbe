import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fapproc.imaging.sniff import HEAD, sniff
from fapproc.model import Detail, Format
from tests.drawing import film, landscape, write

IMAGE = landscape(1, (40, 30))
FTYP = b"\0\0\0\x1cftyp%s\0\0\0\0%s"


@pytest.mark.parametrize(
    ("data", "format_"),
    [
        (write(IMAGE, "JPEG"), Format.JPG),
        (write(IMAGE, "MPO", save_all=True, append_images=[IMAGE]), Format.JPG),
        (b"\xff\xd8\xff\xe1\x00\x10Exif", Format.JPG),
        (b"\xff\xd8\xff\xdb", Format.JPG),
        (write(IMAGE, "PNG"), Format.PNG),
        (write(IMAGE, "GIF"), Format.GIF),
        (b"GIF87a", Format.GIF),
        (write(IMAGE, "BMP"), Format.BMP),
        (write(IMAGE, "TIFF"), Format.TIFF),
        (b"MM\0*\0\0\0\x08", Format.TIFF),
        (b"II+\0\x08\0\0\0", Format.TIFF),
        (b"MM\0+\0\x08\0\0", Format.TIFF),
        (write(IMAGE, "WEBP"), Format.WEBP),
        (write(IMAGE, "AVIF"), Format.AVIF),
        (film("AVIF", 2, (40, 30)), Format.AVIF),
        (FTYP % (b"mif1", b"mif1avifmiaf"), Format.AVIF),
        (FTYP % (b"msf1", b"msf1avisiso8"), Format.AVIF),
    ],
    # The bytes themselves won't do: some hold the time at which they were written.
    ids=lambda part: part.name if isinstance(part, Format) else part[:8].hex(),
)
def test_the_formats_on_the_list_are_told_by_their_first_bytes(
    data: bytes, format_: Format
) -> None:
    assert sniff(data[:HEAD]) is format_
    assert sniff(data) is format_


@pytest.mark.parametrize(
    "data",
    [
        write(IMAGE, "EPS"),
        write(IMAGE, "ICO"),
        write(IMAGE, "ICNS"),
        write(IMAGE, "JPEG2000"),
        write(IMAGE, "PPM"),
        write(IMAGE, "PCX"),
        write(IMAGE, "DDS"),
        write(IMAGE, "QOI"),
        b"8BPS\0\x01",
        b"\xff\x0a\xff\x07\x08",
        b"\0\0\0\x0cJXL \r\n\x87\n",
        FTYP % (b"heic", b"mif1heic    "),
        FTYP % (b"mif1", b"mif1heicmiaf"),
        b"SIMPLE  =                    T",
        b"\xd7\xcd\xc6\x9a\0\0",
        b"\x01\0\0\0" + bytes(36) + b" EMF",
        b"<svg xmlns='http://www.w3.org/2000/svg'>",
        b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- drawn -->\n<!DOCTYPE svg PUBLIC ''>\n<svg>",
    ],
    ids=lambda data: data[:10].hex(),
)
def test_pictures_of_other_kinds_are_known_as_pictures(data: bytes) -> None:
    assert sniff(data[:HEAD]) is Detail.FORMAT


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.jpg", b"\xff\xd8\xff")
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE html><html><body><svg></svg>",
        b"\n\n<html>",
        b"BMW is a maker of cars, and this is text",
        b"BM",
        b"Please wait",
        b"P",
        b"\n",
        b"\xff\xd8",
        b'{"error": 1}',
        b"%PDF-1.7",
        b"RIFF\0\0\0\0WAVEfmt ",
        FTYP % (b"isom", b"isomiso2avc1"),
        _zip(),
        b"\0" * 100,
    ],
    ids=lambda data: data[:10].hex(),
)
def test_anything_else_is_not_a_picture(data: bytes) -> None:
    assert sniff(data) is Detail.NOT_A_PICTURE


def test_no_bytes_are_empty() -> None:
    assert sniff(b"") is Detail.EMPTY


@given(st.binary(max_size=200))
def test_any_bytes_have_an_answer(data: bytes) -> None:
    assert sniff(data) in {*Format, Detail.EMPTY, Detail.FORMAT, Detail.NOT_A_PICTURE}


@pytest.mark.parametrize(
    "part", [b"<!---->", b"<!---->\n ", b"<?xml ?>", b"<!DOCTYPE svg>", b"<!--", b" ", b"<?xml "]
)
def test_bytes_that_begin_again_and_again_are_told_without_trying_every_way(part: bytes) -> None:
    # With a pattern of repeats in repeats 168 bytes took 20 seconds, and each 7 more twice as long.
    assert sniff(part * 400) is Detail.NOT_A_PICTURE
