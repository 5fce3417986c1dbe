"""A program of its own that judges: it makes tags and gives each to an image, one by one."""

import sys
from pathlib import Path

from fapproc.archive import Archive
from fapproc.jobs import inventory, tagging
from fapproc.selections.grammar import of_digests


def main(folder: Path, name: str, count: int) -> None:
    """Make `count` tags under the name's own, each on one image; print what was done."""
    with Archive.open(folder) as archive:
        digests = [entry.image.digest for entry in inventory.entries(archive)]
        for number in range(count):
            tagging.create(archive, f"{name}/{name} {number}")
            tagging.apply(archive, f"{name} {number}", of_digests([digests[number % len(digests)]]))
    print(count)


def run() -> None:
    """The same by the arguments of the program."""
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
