"""What a browser shows of pictures."""

from flask import url_for

from fapproc.model import Format, Image

WHOLE_PIXELS = 16_000_000


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
    what = "blob" if is_shown_whole(image) else "view"
    return url_for(f"viewer.{what}", digest=image.digest)
