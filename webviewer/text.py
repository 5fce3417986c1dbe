"""Names of the site where no markup can fence them in: in attributes and in the window's title."""

import unicodedata

_MARKS = {"\u061c", "\u200e", "\u200f"}  # of direction, like the overrides; category Cf each


def plain(name: object) -> str:
    """A name without what turns the direction of the text around it, and on one line.

    In running text a name keeps them, inside `<bdi>`.
    """
    return "".join(" " if _is_control(char) else char for char in str(name)).strip()


def _is_control(char: str) -> bool:
    if char in _MARKS or unicodedata.category(char) == "Cc":
        return True
    return unicodedata.bidirectional(char) in {
        "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI",
    }  # fmt: skip
