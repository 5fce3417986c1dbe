"""Fetch drawings to measure duplicates on, from Debian's packages, into a folder.

    python scripts/fetch_drawings.py FOLDER [PACKAGE.deb …]

asks apt for the packages below (430 MB), or takes those that are named; each must be the very file
whose digest stands here. What is unpacked are pictures, a folder a package, and nothing is run or
installed. `make eval DRAWINGS=FOLDER` measures on them. They are free to use (see each package's
copyright file), and no part of this project.
"""

import hashlib
import io
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

MAGIC = b"!<arch>\n"
HEAD = 60
LEAST_BYTES = 1_000
"""Smaller pictures are icons of a few pixels."""


@dataclass(frozen=True)
class Package:
    """A package, and which of its pictures count: those below `root`, but for some."""

    name: str
    version: str
    bytes: int
    sha256: str
    root: str
    without: tuple[str, ...] = ()
    """Parts of paths: what comes several times, mirrored, as a letter or card of another style, or
    as one of 1,325 stars that a program drew, of 82 points and of 83."""


PACKAGES = (
    Package(
        "tuxpaint-stamps-default",
        "2022.06.04-1",
        160_880_444,
        "6db6c1bfc870a47f1499d6203b083522eacb57c5f9c87d468f2e92eb6d9d5f34",
        "usr/share/tuxpaint/stamps",
        ("_mirror", "_flip", "symbols/alphabets", "symbols/math", "symbols/money"),
    ),
    Package(
        "openclipart-png",
        "1:0.18+dfsg-19",
        130_910_028,
        "f07f1545a2970c2cf3fa339bc2405da1a95cf2b1827bfa05bf73eb1c20291c02",
        "usr/share/openclipart/png",
        ("computer/icons", "games/cards", "shapes/stars/star_"),
    ),
    Package(
        "wesnoth-1.16-data",
        "1:1.16.9-1",
        146_229_044,
        "1012b964bd412a6770685e3324ae3b61e176caff7846192d1ee63d55cd621e26",
        "usr/share/games/wesnoth/1.16/data/core/images/portraits",
        ("transparent",),
    ),
)


def main(folder: Path, files: list[Path]) -> int:
    """Unpack the pictures of all packages, or of those files; 1 where one is none of them."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as held:
        for file in files or fetched(Path(held)):
            package = known(file)
            if package is None:
                print(f"{file} is none of the packages of this script, or another version.")
                return 1
            count = unpack(file, package, folder / package.name)
            print(f"{package.name}: {count} pictures")
    return 0


def fetched(folder: Path) -> Iterator[Path]:
    """Ask apt for each package; it knows from where, and by which signature."""
    for package in PACKAGES:
        asked = f"{package.name}={package.version}"
        subprocess.run(["apt-get", "download", asked], cwd=folder, check=True, timeout=1800)  # noqa: S607
        yield next(folder.glob(f"{package.name}_*.deb"))


def known(file: Path) -> Package | None:
    """Tell by size and digest which package a file is."""
    for package in PACKAGES:
        if file.stat().st_size == package.bytes:
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            return package if digest == package.sha256 else None
    return None


def unpack(file: Path, package: Package, folder: Path) -> int:
    """Write a package's pictures below a folder; return how many."""
    count = 0
    with tarfile.open(fileobj=io.BytesIO(data_of(file.read_bytes())), mode="r:xz") as archive:
        for member in archive:
            path = PurePosixPath(member.name)
            if not (member.isfile() and member.size >= LEAST_BYTES and path.suffix == ".png"):
                continue
            if not path.is_relative_to(package.root):
                continue
            inside = path.relative_to(package.root)
            content = archive.extractfile(member)
            if content is None or any(part in str(inside) for part in package.without):
                continue
            target = folder / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.read())
            count += 1
    return count


def data_of(package: bytes) -> bytes:
    """Return the member `data.tar.xz` of an ar file.

    Raises:
        ValueError: it has none.
    """
    at = len(MAGIC)
    while package.startswith(MAGIC) and at + HEAD <= len(package):
        name, size = package[at : at + 16].rstrip(), int(package[at + 48 : at + 58])
        if name == b"data.tar.xz":
            return package[at + HEAD : at + HEAD + size]
        at += HEAD + size + size % 2
    raise ValueError("no data.tar.xz in it")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), [Path(file) for file in sys.argv[2:]]))
