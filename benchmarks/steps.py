"""What a picture costs at each step from a folder of files to a backup: real commands, by turns.

Three archives: small pictures, large ones, and the small ones in a bucket of a server on this
computer (`rclone serve s3`; what that takes itself is not counted). `COUNT` in the environment asks
for fewer pictures, and `PHOTOS` names a folder whose JPEGs are taken instead of drawn ones.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from PIL import Image, ImageOps

from benchmarks.photographs import draw
from fapproc.ours import DATABASE
from tests.vault.object_storage import served

COUNT = 500
SMALL, LARGE = (500, 375), (1600, 1200)
STEPS = {
    "import": ("import", "{source}"),
    "process": ("process",),
    "dedup": ("dedup",),
    "dedup, nothing new": ("dedup",),
    "check": ("check",),
    "check --read-data": ("check", "--read-data"),
    "backup": ("backup", "{backup}"),
    "export": ("export", "--all", "--output", "{export}"),
}


class Took(NamedTuple):
    """Seconds by the clock and of processors, and the largest memory of a process in bytes."""

    clock: float
    processors: float
    memory: float


@dataclass(frozen=True, slots=True)
class Ground:
    """An archive to be, and the pictures that go into it."""

    what: str
    folder: Path
    source: Path
    settings: Mapping[str, str]
    place: str | None = None

    def run(self, *line: str) -> Took:
        """Run a command on it."""
        named = {name: str(self.folder / name) for name in ("backup", "export")}
        words = [word.format(source=self.source, **named) for word in line]
        command = [str(Path(sys.executable).with_name("fapproc")), *words, "-q"]
        environment = {**os.environ, **self.settings, "FAP_ARCHIVE": str(self.folder / "archive")}
        clock = time.perf_counter()
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        assert process.stderr
        said = process.stderr.read()
        process.stderr.close()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"{words} ended with {process.returncode}: {said.decode()}")
        return Took(
            time.perf_counter() - clock, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024
        )


def run() -> Iterator[str]:
    """Yield the lines of two tables."""
    count = int(os.environ.get("COUNT", COUNT))
    with TemporaryDirectory() as name:
        grounds = [*_grounds(Path(name), count)]
        for ground in grounds:
            ground.run("init", *(["--blobs", ground.place] if ground.place else []))
        start = min(ground.run("stats").processors for ground in grounds)
        yield f"{count} JPEGs of each size; a command that does nothing takes {start:.2f} s"
        yield ""
        yield "| milliseconds of a processor a picture | " + _joined(g.what for g in grounds)
        yield "|---|" + "---|" * len(grounds)
        took = {step: [ground.run(*line) for ground in grounds] for step, line in STEPS.items()}
        for step, each in took.items():
            told = (f"{(one.processors - start) / count * 1000:.1f}" for one in each)
            yield f"| {step} | {_joined(told)}"
        yield ""
        yield "| bytes a picture | " + _joined(g.what for g in grounds)
        yield "|---|" + "---|" * len(grounds)
        for kind in ("blobs", "thumbs", DATABASE):
            yield f"| {kind} | {_joined(f'{_bytes(g, kind) / count:,.0f}' for g in grounds)}"
        yield ""
        small, _, bucket = ({step: each[n] for step, each in took.items()} for n in range(3))
        for step in ("import", "process"):
            ratio = bucket[step].clock / small[step].clock
            yield f"`{step}` into the bucket by the clock: {ratio:.2f} of the time in a folder"
        most = max(one.memory for each in took.values() for one in each)
        yield f"largest memory of one process: {most / 2**20:,.0f} MiB"


def _grounds(folder: Path, count: int) -> Iterator[Ground]:
    server = served()
    for what, size, settings, place in (
        ("500x375", SMALL, {}, None),
        ("1600x1200", LARGE, {}, None),
        ("500x375 in a bucket", SMALL, dict(server.environment), server.place()),
    ):
        own = folder / what.replace(" ", "-")
        own.mkdir()
        yield Ground(what, own, _pictures(folder, size, count), settings, place)


def _pictures(folder: Path, size: tuple[int, int], count: int) -> Path:
    source = folder / f"pictures-{size[0]}"
    if source.exists():
        return source
    if "PHOTOS" not in os.environ:
        return draw(source, count, size)
    source.mkdir()
    for file in sorted(Path(os.environ["PHOTOS"]).glob("*.jpg"))[:count]:
        with Image.open(file) as photo:
            ImageOps.fit(photo.convert("RGB"), size).save(source / file.name, quality=88)
    return source


def _bytes(ground: Ground, kind: str) -> int:
    """Of the files of a kind; those in a bucket lie in the server's folder."""
    archive = ground.folder / "archive"
    if ground.place and kind != DATABASE:
        archive = served().path(ground.place)
    files = archive.glob(f"{kind}/*/*") if kind != DATABASE else archive.glob(f"{DATABASE}*")
    return sum(file.stat().st_size for file in files)


def _joined(cells: Iterator[str]) -> str:
    return " | ".join(cells) + " |"
