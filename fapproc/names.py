"""Names as the site writes them and as a person types them: when two are the same.

The site's own spelling is what is kept and shown; this is for finding it. The same letters come in
two forms (é as one sign, or as e and an accent: macOS types the second), with spaces that don't
break, with signs of no width that were copied along, in any case.
"""

import unicodedata

_NON_JOINER, _JOINER = "\u200c", "\u200d"  # part of words and emoji, and easily lost
_COPIED_ALONG = dict.fromkeys(
    [0xAD, 0x200B, *range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF]
)
"""Soft hyphen, signs of no width, and of direction: nobody types them."""


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
