"""What comes upon an archive from outside: files that can't be read, files of others, signals."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fapproc.executors.local import WORKER
from tests.shelves import files_below
from tests.warm import Program

IN_PLACE: dict[str, Callable[[Path, Path], None]] = {
    "a folder": lambda place, _: place.mkdir(),
    "a pipe": lambda place, _: os.mkfifo(place),
    "a link in a circle": lambda place, _: place.symlink_to(place.name),
    "a link to its own bytes": lambda place, kept: place.symlink_to(kept),
}
"""What may lie in the place of a file, so that it can't be read."""


@contextmanager
def unreadable(file: Path, kept: Path, chance: random.Random) -> Iterator[None]:
    """Within the block a file can't be read; it is kept elsewhere, and put back."""
    file.rename(kept)
    IN_PLACE[chance.choice(sorted(IN_PLACE))](file, kept)
    try:
        yield
    finally:
        (file.rmdir if file.is_dir() and not file.is_symlink() else file.unlink)()
        kept.rename(file)


class Strangers:
    """Things of a person in an archive's folders, and a folder outside that links lead to."""

    def __init__(self, archive: Path, outside: Path) -> None:
        self._archive, self._outside = archive, outside
        self._put: dict[str, bytes | str] = {}
        outside.mkdir()
        for name in ("letter.txt", "half-" + "0" * 32, "1-" + "0" * 16):
            (outside / name).write_bytes(name.encode())
        self._treasure = files_below(outside)

    def put(self, chance: random.Random) -> None:
        """Lay another thing somewhere in the archive's folder."""
        number = len(self._put)
        shard = f"{chance.randrange(256):02x}"
        name = chance.choice(
            [
                f"notes-{number}.txt",
                f"imagefap.database.mine-{number}",
                "imagefap.database.old/letter.txt",
                ".tmp",
                f"blobs/notes-{number}.txt",
                f"blobs/{shard}/holiday-{number}.jpg",
                f"thumbs/{shard}/{shard}-{number}",
                f"thumbs/{number}/{shard}{'0' * 62}.webp",
            ]
        )
        place = self._archive / name
        if name in self._put:
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        if name == ".tmp" or chance.random() < 0.3:
            place.symlink_to(self._outside)
            self._put[name] = str(self._outside)
        else:
            place.write_bytes(name.encode())
            self._put[name] = name.encode()

    @property
    def named(self) -> set[str]:
        """What `check` says of them: each by its name, of a folder beside the database its own."""
        inner = ("blobs", "thumbs")
        return {name if name.startswith(inner) else name.split("/")[0] for name in self._put}

    def unharmed(self) -> bool:
        """Whether all lie where they were put, as they were, and none was followed."""
        for name, expected in self._put.items():
            place = self._archive / name
            found = str(place.readlink()) if place.is_symlink() else place.read_bytes()
            if found != expected:
                return False
        return files_below(self._outside) == self._treasure


def kill_a_worker(program: Program, chance: random.Random) -> bool:
    """Wait for a worker of a program and kill it; whether there was one."""
    while program.poll() is None:
        if found := _workers(program.pid):
            time.sleep(chance.random() * 0.5)
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(found), signal.SIGKILL)
                return True
        time.sleep(0.002)
    return False


def stop(program: Program) -> bool:
    """Let a program stand still, as Ctrl-Z does; False where it has ended."""
    program.send_signal(signal.SIGSTOP)
    while program.poll() is None:
        with contextlib.suppress(FileNotFoundError):
            said = Path(f"/proc/{program.pid}/stat").read_bytes()
            if said.rpartition(b")")[2].split()[0] == b"T":
                return True
        time.sleep(0.002)
    return False


def _workers(pid: int) -> list[int]:
    found = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            children = (thread / "children").read_text().split()
            found += [int(child) for child in children if _is_worker(child)]
    return found


def _is_worker(pid: str) -> bool:
    return WORKER.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
