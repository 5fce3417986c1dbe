"""Bytes of a site as text: by what they say they are, and where that is wrong, by what they are.

Values only. The codecs of Python that are none of the web are not used, whoever names them: some
run code, some take time in the square of what they get (`punycode`, `idna`).
"""

from w3lib.encoding import (
    html_body_declared_encoding,
    http_content_type_encoding,
    read_bom,
    to_unicode,
)

_UTF_8, _WESTERN = "utf-8", "cp1252"
# fmt: off
_ON_THE_WEB = frozenset({
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "big5", "big5hkscs", "cp866",
    "cp874", "cp932", "cp949", "euc_jp", "euc_kr", "gb18030", "gbk",
    "iso2022_jp", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "shift_jis",
})
# fmt: on
_FAMILIES = ("cp125", "iso8859-")
_FOREIGN = {
    0xDC00 + byte: bytes([byte]).decode(_WESTERN, "ignore") or chr(byte) for byte in range(128, 256)
}
"""Bytes that are no UTF-8, as Python marks them, and what they are in Windows-1252."""


def as_text(data: bytes) -> str:
    """UTF-8, and each byte that is none of it as what old pages have instead: Windows-1252."""
    try:
        return data.decode(_UTF_8)
    except UnicodeDecodeError:  # rare, and reading in this way takes five times as long
        return data.decode(_UTF_8, "surrogateescape").translate(_FOREIGN)


def page_text(body: bytes, content_type: str | None) -> str:
    """A page as text: by its byte order mark, the header, its own word, else as UTF-8.

    One foreign byte in a page of UTF-8 spoils that letter and no other. A page that is said to be
    Western but is UTF-8 throughout is UTF-8: servers say so of all they send.

    Args:
        body: the page.
        content_type: the header of that name.
    """
    marked, mark = read_bom(body)
    if marked is not None and mark is not None:
        return to_unicode(body[len(mark) :], marked)
    said = http_content_type_encoding(content_type) or html_body_declared_encoding(body)
    is_wide = said is not None and said.startswith("utf-16")
    if is_wide and b"\0" not in body:  # it was written of what the page was before it was sent
        said = None
    if said is None or said == _UTF_8 or not _is_of_the_web(said):
        return as_text(body)
    if said == _WESTERN:
        try:
            return body.decode()
        except UnicodeDecodeError:
            pass
    return to_unicode(body, said)


def _is_of_the_web(codec: str) -> bool:
    return codec in _ON_THE_WEB or codec.startswith(_FAMILIES)
