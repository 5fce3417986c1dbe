"""Names as sites write them: which is meant by what a person types, and how one is shown.

A site's own spelling is what is kept. The same letters come in two forms (é as one sign, or as e
and an accent: macOS types the second), with spaces that don't break, with signs of no width that
were copied along, in any case; and with signs that a terminal or a browser obeys.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import islice

_NON_JOINER, _JOINER = "\u200c", "\u200d"  # part of words and emoji, and easily lost
_COPIED_ALONG = dict.fromkeys(
    [0xAD, 0x200B, *range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF]
)
"""Soft hyphen, signs of no width, and of direction: nobody types them."""
_STEERING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
_MARKS = {"\u061c", "\u200e", "\u200f"}
_DEL = "\x7f"
_HALF = re.compile("[\ud800-\udfff]")
_NUMBER = re.compile("([0-9]+)")
_LONGEST, _MOST = 100, 2_000
"""Letters that a sentence has of a name; and letters, and names, that are looked at for one that
was mistyped: 0.4 s if all are much alike. Of 200 letters of 20,000 it was 11 s."""
_BREAKING = {"Cc", "Zl", "Zp", "Cs"}
"""Controls, ends of lines and paragraphs, and halves of letters, which no terminal takes."""


def steers(sign: str) -> bool:
    """Whether a sign is none to see, but an order: to end the line, to colour, to turn around."""
    return (
        unicodedata.category(sign) in _BREAKING
        or sign in _MARKS
        or unicodedata.bidirectional(sign) in _STEERING
    )


def is_text(typed: str) -> bool:
    """Whether it can be written down: what was typed and is not UTF-8 has halves of letters."""
    return typed.isascii() or _HALF.search(typed) is None


def quoted(name: object) -> str:
    """A name as it stands in a sentence: in quotes, and of one that is very long the beginning.

    What is no text, like a number, is as it is.
    """
    if isinstance(name, str) and len(name) > _LONGEST:
        name = f"{name[:_LONGEST]}…"
    return repr(name)


def shown(text: str) -> str:
    """A text on one line, in which a terminal finds no orders: each is written as an escape."""
    if text.isprintable():  # no sign that steers is; a million lines of a list can be told so
        return text
    return "".join(ascii(sign)[1:-1] if steers(sign) else sign for sign in text)


def shown_in_json(line: str) -> str:
    """A line of JSON whose texts give a terminal no orders: each is an escape of JSON there."""
    if line.isascii():  # a third of the time: JSON itself escapes what steers, all but DEL
        return line if _DEL not in line else line.replace(_DEL, r"\u007f")
    if line.isprintable():
        return line
    return "".join(f"\\u{ord(sign):04x}" if steers(sign) else sign for sign in line)


def shown_in_json_lines(lines: Sequence[str]) -> str:
    """Many such lines at once, each ended by a newline: looked at together, as most steer nothing.

    To look at each of a million takes half a second.
    """
    text = "\n".join([*lines, ""])
    if text.isascii() and _DEL not in text:
        return text
    return "".join([f"{shown_in_json(line)}\n" for line in lines])


def typed(text: str) -> str:
    """What a person typed, in the form in which sites have names."""
    return unicodedata.normalize("NFC", " ".join(text.translate(_COPIED_ALONG).split()))


def key(name: str) -> str:
    """The same for all ways of writing a name (Unicode's canonical caseless matching)."""
    folded = unicodedata.normalize("NFD", typed(name)).casefold()
    seen = folded.replace(_NON_JOINER, "").replace(_JOINER, "")
    return unicodedata.normalize("NFC", seen or folded)


def same(one: str, other: str) -> bool:
    """Whether two names are one, in whatever way each is written."""
    return key(one) == key(other)


def in_order(name: str) -> tuple[list[str | tuple[int, str]], str]:
    """What names are sorted by as people count, in any case: `img2` comes before `img10`."""
    parts: list[str | tuple[int, str]] = [*_NUMBER.split(name.casefold())]
    for at in range(1, len(parts), 2):  # every other one is a number, of any length
        digits = str(parts[at]).lstrip("0")
        parts[at] = (len(digits), digits)
    return parts, name


def nearest(typed: str, known: Iterable[str]) -> str | None:
    """The known name that a mistyped one is most like; None where none is much like it.

    Of very many names the first are looked at, and of each its beginning.
    """
    keys = {key(name[:_LONGEST]): name for name in islice(known, _MOST)}
    found = difflib.get_close_matches(key(typed[:_LONGEST]), keys, n=1)
    return keys[found[0]] if found else None


def meant(typed: str, known: Iterable[str]) -> str:
    """A question behind the sentence that there is no such name, or nothing."""
    found = nearest(typed, known)
    return "" if found is None else f" Did you mean {quoted(found)}?"
