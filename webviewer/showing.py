"""What a browser shows of pictures."""

from functools import cache

from flask import url_for

from fapproc.model import Format, Image

WHOLE_PIXELS = 16_000_000
_ANY = "0" * 64


def upright(image: Image) -> tuple[int, int] | None:
    """Width and height as it is shown; None before `fapproc process`."""
    if image.facts is None:
        return None
    sides = image.facts.width, image.facts.height
    return sides[::-1] if image.facts.turned else sides


def is_shown_whole(image: Image) -> bool:
    """Whether a browser shows the picture itself, in little time."""
    facts = image.facts
    small = facts is not None and facts.width * facts.height <= WHOLE_PIXELS
    return small and image.format is not Format.TIFF and not image.unsound


def source(image: Image) -> str | None:
    """The address of what a browser shows of a picture; None where nothing can be made of it."""
    if image.facts is None or image.unsound or image.lost_at:
        return None
    return address("blob" if is_shown_whole(image) else "view", image.digest)


def address(what: str, digest: str) -> str:
    """The address of a picture's `blob`, `view`, `thumb`, or of its page, `image`.

    A section of a grid has 400 of these, and each takes 15 us to be made by its rule.
    """
    before, after = _around(what)
    return f"{before}{digest}{after}"


@cache
def _around(what: str) -> tuple[str, str]:
    before, _, after = url_for(f"viewer.{what}", digest=_ANY).partition(_ANY)
    return before, after
