"""A name of the site, or of a tag, made into a file name that is safe on every system.

Names are data and are kept as they are in the database; this is for the moment of writing a file.
"""

import re
import sys
import unicodedata

from pathvalidate import sanitize_filename

from fapproc.model import Format

NAME_BYTES = 255
EXTENSIONS: dict[Format, tuple[str, ...]] = {
    Format.JPG: ("jpg", "jpeg", "jpe", "jfif", "mpo"),
    Format.PNG: ("png", "apng"),
    Format.GIF: ("gif",),
    Format.BMP: ("bmp", "dib"),
    Format.TIFF: ("tiff", "tif"),
    Format.WEBP: ("webp",),
    Format.AVIF: ("avif",),
}
"""What a file of each format may be called; the first is ours."""
_JOINERS = "‌‍"  # zero-width, and part of words and emoji

_SPACE_AFTER_WORD = re.compile(r"^([^\s.]+) +(?=\.|$)")  # `CON .jpg` is CON to Windows


def safe_name(name: str) -> str:
    """A file name: no path, no reserved word, no control or bidirectional character, 255 bytes.

    `pathvalidate` lets `.` and `..`, `CON ` and a leading dash through, and cuts the extension off
    a long name (tried with 3.3.1); these are mended here.
    """
    spaced = "".join(" " if c.isspace() else c for c in name)
    visible = "".join(c for c in spaced if c.isprintable() or c in _JOINERS)
    flat = visible.replace("/", "-").replace("\\", "-")
    bare = _SPACE_AFTER_WORD.sub(r"\1", flat.lstrip().rstrip(" ."))
    safe = sanitize_filename(bare, platform="universal", max_len=4096, fs_encoding="utf-8")
    clean = _sayable(str(safe).rstrip(" ."))
    if clean.startswith("-"):
        clean = f"_{clean}"
    return cut(clean) or "_"


def _sayable(name: str) -> str:
    """The name with `_` for each letter that file names don't have here, as under `LC_ALL=C`."""
    encoding = sys.getfilesystemencoding()
    return name.encode(encoding, "replace").decode(encoding).replace("?", "_")


def safe_picture_name(name: str, form: Format) -> str:
    """A file name whose extension agrees with the content; one that doesn't gets ours added."""
    clean = safe_name(name)
    stem, _, extension = clean.rpartition(".")
    if stem and extension.lower() in EXTENSIONS[form]:
        return clean
    return cut(f"{clean}.{form}")


def corrected_picture_name(name: str, form: Format) -> str:
    """A file name whose extension agrees with the content; another picture's gives way to ours."""
    clean = safe_name(name)
    stem, _, extension = clean.rpartition(".")
    if stem and extension.lower() in EXTENSIONS[form]:
        return clean
    claims = any(extension.lower() in known for known in EXTENSIONS.values())
    return cut(f"{stem if stem and claims else clean}.{form}")


def twin(name: str) -> str:
    """What two names have in common that some disk takes for one: by letter case, or by accents.

    APFS and HFS+ know `é` as one letter and as two for the same, NTFS and exFAT `a` and `A`.
    """
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
    return unicodedata.normalize("NFC", folded)


def apart(name: str, digits: str, most: int = NAME_BYTES) -> str:
    """The name with some of a digest before its extension, whatever else must be cut for it."""
    stem, _, extension = name.rpartition(".")
    ending = f"-{digits}.{extension}"
    room = most - len(ending.encode())
    return stem.encode()[:room].decode("utf-8", "ignore") + ending


def cut(name: str, most: int = NAME_BYTES) -> str:
    """Cut a name to so many bytes at a whole character, its extension kept."""
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > 10:
        stem, dot, extension = name, "", ""
    room = most - len(f"{dot}{extension}".encode())
    short = stem.encode()[:room].decode("utf-8", "ignore")
    return short + dot + extension if dot else short.rstrip(" .")
