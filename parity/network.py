"""imagededup's own network through the program's commands, from pictures to groups."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from parity.weights import MODEL
from tests.drawing import landscape, write

PHOTOS = 6


def run(seed: int) -> tuple[bool, str]:
    """Import pictures and a copy of each, process, find duplicates; tell whether it went well."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        pictures = folder / "pictures"
        pictures.mkdir()
        for number in range(PHOTOS):
            photo = landscape((seed + number) % 2**32)
            (pictures / f"{number}.png").write_bytes(write(photo, "PNG"))
            (pictures / f"{number}-copy.jpg").write_bytes(write(photo, "JPEG", quality=90))
        lines = list(_through_the_program(folder, pictures))
    encoded = [line for line in lines if line["kind"] == "image" and line["cnn"]]
    by_cnn = {
        (pair["a"], pair["b"])
        for line in lines
        if line["kind"] == "group"
        for pair in line["pairs"]
        if pair["method"] == "cnn"
    }
    sound = (
        len(encoded) == 2 * PHOTOS
        and all(MODEL in line["cnn"] for line in encoded)
        and len(by_cnn) >= PHOTOS
    )
    return sound, (
        f"{MODEL}: {len(encoded)} of {2 * PHOTOS} images encoded, "
        f"{len(by_cnn)} pairs of the method cnn in groups, {'sound' if sound else 'NOT SOUND'}."
    )


def _through_the_program(folder: Path, pictures: Path) -> Iterator[dict[str, Any]]:
    """Import, process, find duplicates, print, each as a command; yield what `print` says."""
    archive = folder / "archive"
    environment = {
        **os.environ,
        "FAP_ARCHIVE": str(archive),
        "FAP_CNN_MODEL": MODEL,
    }
    said = ""
    for command in (["import", str(pictures)], ["process"], ["dedup"], ["print", "--json"]):
        said = subprocess.run(
            [Path(sys.executable).with_name("fapproc"), *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
    yield from map(json.loads, said.splitlines())
