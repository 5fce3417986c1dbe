"""Which file of a group is suggested as the best: no changed or enlarged copy of the picture."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageOps

from evaluation import collection
from evaluation.collection import Made, Original
from evaluation.figures import Rate
from evaluation.transformations import bordered, captioned, cropped, jpeg, on, opened, scaled
from fapproc.archive import Archive
from fapproc.dedup import fusion
from fapproc.jobs import inventory
from fapproc.model import Group
from fapproc.vault.store import digest_of

PICTURE, NONE = "the picture", "none"
LESSER: dict[str, Callable[[Image.Image], bytes]] = {
    "half size": lambda image: jpeg(scaled(image, 0.5, 0.5)),
    "JPEG 30": lambda image: jpeg(image, 30),
}
CHANGED: dict[str, Callable[[Image.Image], bytes]] = {
    "caption": lambda image: jpeg(captioned(image), 92),
    "crop 5% a side": lambda image: jpeg(cropped(image, 0.05), 92),
    "border": lambda image: jpeg(bordered(image), 92),
    "mirrored": lambda image: jpeg(ImageOps.mirror(image), 92),
    "enlarged 1.5 times": lambda image: jpeg(scaled(image, 1.5, 1.5), 92),
}
NAMES = (PICTURE, *LESSER, *CHANGED)


def vary(data: bytes) -> list[bytes]:
    """Make the files of a picture: itself, lesser ones, changed ones. Runs in a worker process.

    Raises:
        Undecodable: the bytes are no sound picture.
    """
    image = on(opened(data), "white")
    return [jpeg(image, 92), *(make(image) for make in (LESSER | CHANGED).values())]


def run(originals: Sequence[Original], tell: Callable[[str], None]) -> Iterator[str]:
    """Measure what is suggested; yield the lines of a table. `tell` is told how far it is."""
    tell(f"best: making {len(NAMES)} files of {len(originals)} pictures each")
    made = collection.make(originals, vary)
    for files, title in ((-1, "without the enlarged one"), (None, "with it")):
        some = [Made(each.name, each.series, each.files[:files]) for each in made]
        tell(f"best: looking for it, {title}")
        with TemporaryDirectory() as folder, Archive.open_or_create(Path(folder)) as archive:
            collection.take_in(archive, some)
            collection.groups(archive, fusion.DEFAULT)
            counts = suggested(some, list(inventory.groups(archive)))
        yield from table(len(some), counts, title)


def suggested(made: Sequence[Made], groups: Sequence[Group]) -> Counter[str]:
    """Count which file is suggested, over the groups of several files of one picture."""
    of = {
        digest_of(data): name
        for each in made
        for name, data in zip(NAMES, each.files, strict=False)
    }
    return Counter(
        NONE if group.sameness is None or group.sameness.best is None else of[group.sameness.best]
        for group in groups
    )


def table(pictures: int, counts: Mapping[str, int], title: str) -> Iterator[str]:
    """Yield which files were suggested, beside what is wanted."""
    groups = sum(counts.values())
    yield f"### The best of {groups} groups of {pictures} pictures and their copies, {title}"
    yield ""
    yield "| suggested | of groups | at most | wanted | |"
    yield "|---|---|---|---|---|"
    for name in (*NAMES, NONE):
        rate = Rate(counts.get(name, 0), groups)
        missed = "missed" if name in CHANGED and rate.count else ""
        wanted = "0" if name in CHANGED else ""
        yield f"| {name} | {rate.count} of {groups} | {rate.at_most:.3f} | {wanted} | {missed} |"
    yield ""
