"""An image in colour, and at the small sizes that methods look at, each made once. In memory."""

from collections.abc import Collection

from PIL import Image

from fapproc.dedup import lanczos
from fapproc.dedup.lanczos import Size
from fapproc.dedup.seen import Seen


class Colour:
    """The first frame of an image in RGB, as the decoder gives it: not rotated, alpha dropped.

    Every size is shrunk from the full one: from a smaller copy the bits of a hash would change.

    Args:
        first: the first frame.
        seen: the image as people see it; None if that is the same.
    """

    def __init__(self, first: Image.Image, seen: Seen | None = None) -> None:
        # Through RGBA, for a palette with transparency gives other colours on the straight way.
        self.full = first if first.mode == "RGB" else first.convert("RGBA").convert("RGB")
        self.seen = seen or Seen(self.full)
        self._made: dict[Size, Image.Image] = {}

    def make(self, sizes: Collection[Size]) -> None:
        """Make the image at these widths and heights; together they cost less than apart."""
        wanted = [size for size in sizes if size not in self._made]
        if wanted:
            self._made.update(lanczos.shrink(self.full, wanted))

    def at(self, size: Size) -> Image.Image:
        """Return the image at a width and height, by Lanczos, its proportions ignored."""
        self.make([size])
        return self._made[size]
