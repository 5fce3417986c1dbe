"""imagededup's own network through the program's commands, from pictures to groups."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import torchvision

from tests.drawing import landscape, write

MODEL = "mobilenet_v3_small"
WEIGHTS = Path("hub", "checkpoints", f"{MODEL}-047dcff4.pth")
PHOTOS = 6


def run(seed: int) -> tuple[bool, str]:
    """Import pictures and a copy of each, process, find duplicates; tell whether it went well.

    Without the network's weights on this machine it runs with random ones: these make vectors that
    say nothing of pictures, but a picture and its copy are near by any.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        weights = _weights(folder, seed)
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
        f"{MODEL}, {weights} weights: {len(encoded)} of {2 * PHOTOS} images encoded, "
        f"{len(by_cnn)} pairs of the method cnn in groups, {'sound' if sound else 'NOT SOUND'}."
    )


def _weights(folder: Path, seed: int) -> str:
    """Put weights where PyTorch looks for them: those that it has fetched once, else random."""
    place = folder / WEIGHTS
    place.parent.mkdir(parents=True)
    cache = os.environ.get("TORCH_HOME", Path("~/.cache/torch").expanduser())
    if (fetched := Path(cache, WEIGHTS)).is_file():
        shutil.copyfile(fetched, place)
        return "fetched"
    torch.manual_seed(seed)
    torch.save(torchvision.models.mobilenet_v3_small(weights=None).state_dict(), place)
    return "random"


def _through_the_program(folder: Path, pictures: Path) -> Iterator[dict[str, Any]]:
    """Import, process, find duplicates, print, each as a command; yield what `print` says."""
    archive = folder / "archive"
    environment = {
        **os.environ,
        "TORCH_HOME": str(folder),
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
