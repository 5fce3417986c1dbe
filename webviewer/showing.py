"""What a browser shows of pictures."""

from fapproc.model import Format, Image

WHOLE_PIXELS = 16_000_000


def is_shown_whole(image: Image) -> bool:
    """Whether a browser shows the picture itself, in little time."""
    facts = image.facts
    small = facts is not None and facts.width * facts.height <= WHOLE_PIXELS
    return small and image.format is not Format.TIFF and not image.unsound
