"""What a browser shows of pictures."""

from functools import cache

from flask import url_for

from fapproc.jobs.pages.cells import Cell
from fapproc.model import Format, Image
from fapproc.wording import meaning, moment, size
from webviewer.text import plain

WHOLE_PIXELS = 16_000_000
_ANY = "0" * 64
_TIMES = "\N{MULTIPLICATION SIGN}"


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


def about(cell: Cell) -> str:
    """What is said of a picture of a grid where a pointer rests on it: a line for each thing.

    Not in the template: for the 120 of a section that took a tenth of the page.
    """
    image, sides = cell.image, upright(cell.image)
    facts = [size(image.bytes), moment(image.fetched_at)]
    facts[1:1] = [] if sides is None else [f"{sides[0]} {_TIMES} {sides[1]}"]
    said = [plain(cell.name) if cell.name else "Image without a name", ", ".join(facts)]
    said += [f"#{plain(tag)}" for tag in cell.tags]
    said += [meaning(image.unsound)] if image.unsound else []
    said += ["has an exact twin in this album"] if cell.here else []
    said += ["has an exact twin in another album"] if cell.elsewhere else []
    said += ["looks like another picture"] if "alike" in cell.marks else []
    said += [f"{each.image}: {each.level} gone since {moment(each.at)}" for each in cell.gone]
    return "\n".join(said)


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
