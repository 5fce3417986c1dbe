"""A method more is a module and its line in the registry: tried on a copy of the program."""

import json
from pathlib import Path
from typing import Any

import pytest

from fapproc.archive import Archive
from fapproc.dedup.registry import HASHES, VECTORS
from fapproc.jobs import derive, duplicates
from fapproc.vault.store import digest_of
from tests.copies import copied, put, run, run_tests
from tests.drawing import landscape, write
from tests.shelves import fill, numbered
from tests.warm import REPOSITORY

RUN = """
import sys
from fapproc.cli import main
for line in sys.argv[1:]:
    main(line.split(), prog_name="fapproc", standalone_mode=False)
    print(end="\\0", flush=True)
"""

VERTICAL = '''"""A hash more."""

from fapproc.dedup.perceptual import Bits, Grey, Hash


class Vertical(Hash):
    """Brighter than the pixel above."""

    __slots__ = ()
    size = (8, 9)

    def bits(self, grey: Grey) -> Bits:
        """Compare each pixel with the one above it."""
        bits: Bits = grey[1:] > grey[:-1]
        return bits


VERTICAL = Vertical(name="vertical", regular=4, animated=1)
'''
SHADES = '''"""A method of vectors beside `cnn`."""

import numpy as np

from fapproc.dedup.colour import Colour
from fapproc.dedup.embedding import quantised
from fapproc.dedup.method import VectorMethod


class Shades(VectorMethod):
    """How far the shades of four by four fields are from their mean.

    Its input is of another form than that of `cnn`: whole numbers, 1 x height x width x 3.
    """

    __slots__ = ()

    def identity(self) -> str:
        """Name the revision."""
        return "shades-1"

    def encode(self, colour: Colour) -> bytes:
        """Encode a picture in 16 dimensions."""
        pixels = np.asarray(colour.seen.square(24))[None]
        fields = pixels.reshape(4, 6, 4, 6, 3).mean(axis=(1, 3, 4), dtype=np.float32).reshape(-1)
        return quantised(fields - fields.mean()).tobytes()


SHADES = Shades(name="shades", regular=0.995, animated=0.999, is_strong=True, network="fields")
'''


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The folder of a copy of the toolkit with two methods more."""
    room = copied(tmp_path, "fapproc") / "fapproc" / "dedup"
    (room / "vertical.py").write_text(VERTICAL)
    (room / "shades.py").write_text(SHADES)
    for before, line in (
        ("from fapproc.errors import", "from fapproc.dedup.vertical import VERTICAL\n"),
        ("from fapproc.errors import", "from fapproc.dedup.shades import SHADES\n"),
        ("        embedding(CNN, model),", "        VERTICAL,\n        SHADES,\n"),
    ):
        put(room / "registry.py", before, line)
    return tmp_path


def each(program: Path, *lines: str) -> list[str]:
    """Run commands of a program, one after the other; what each of them said."""
    return run(program, RUN, *lines).split("\0")[:-1]


@pytest.mark.long
def test_the_suite_over_the_methods_takes_two_more(program: Path) -> None:
    suite = REPOSITORY / "tests" / "dedup" / "test_methods.py"
    assert " passed" in run_tests(program, str(suite), "-k", "vertical or shades")


def objects(text: str, kind: str) -> list[dict[str, Any]]:
    return [one for one in map(json.loads, text.splitlines()) if one["kind"] == kind]


def test_a_hash_and_a_network_more_are_a_module_each_and_their_lines_in_the_registry(
    program: Path, archive: Archive
) -> None:
    first, other = (landscape(seed, (320, 240)) for seed in (1, 2))
    pictures = [write(first, "PNG"), write(first, "JPEG", quality=70), write(other, "PNG")]
    fill(archive, {"lakes": numbered(*pictures)})
    one, again = sorted(map(digest_of, pictures[:2]))
    derive.derive(archive)
    duplicates.find_duplicates(archive)
    folder = archive.folder
    [printed] = each(REPOSITORY, f"print -d {folder} --json")
    before = objects(printed, "image")

    made, made_again, _, printed, explained, told = each(
        program,
        f"process -d {folder}",
        f"process -d {folder}",
        f"dedup -d {folder}",
        f"print -d {folder} --json",
        f"dedup -d {folder} --explain {one} {again} --json",
        f"dedup -d {folder} --explain {one} {again}",
    )

    assert "3 images processed, 0 failed." in made
    assert "0 images processed, 0 failed." in made_again
    after = objects(printed, "image")
    for old, new in zip(before, after, strict=True):
        assert new.pop("shades") == "shades-1"
        assert len(new["hashes"].pop("vertical")) == 16
        assert new == old
    [group] = objects(printed, "group")
    near = {pair["method"] for pair in group["pairs"] if (pair["a"], pair["b"]) == (one, again)}
    assert {"vertical", "shades", "percept", "cnn"} <= near

    said = json.loads(explained)
    assert list(said["methods"]) == [*HASHES, "vertical", "shades", *VECTORS]
    assert said["methods"]["shades"]["near"] and said["methods"]["vertical"]["near"]
    assert said["model"] == "fields, efficientnet_lite0"
    lines = told.splitlines()
    assert any(line.startswith("  shades") and "at least 0.995: near" in line for line in lines)
    assert any(line.startswith("  vertical") and "at most 4: near" in line for line in lines)
