"""What this computer can spare: processors and memory, and whether a process sleeps.

Reads what the system says of itself, and changes nothing.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

GIB = 1 << 30
MOST_PROCESSES = 60  # Windows can't wait for more than 63 things at once
MOST_MEMORY = 3 * GIB
LEAST_MEMORY = GIB
"""What a worker may take, beside what it takes before its first task: the largest frame that is
decoded has 716 MB, and is held once more where it is converted."""
_SPARE = 0.2
"""Of the memory that is free so much is left to others."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many processes, and how many bytes each may take: together no more than there is."""

    processes: int
    memory: int


def share(
    processes: int | None = None, root: Path = Path("/"), *, most: int = MOST_MEMORY
) -> Share:
    """Divide what is free among as many processes as there are processors, or as are named.

    Fewer, if each would have less than `LEAST_MEMORY`; one in any case. `root` is where the
    system's own files lie; `most`: what each can make use of.
    """
    wanted = processes or min(processors(), MOST_PROCESSES)
    free = available_memory(root)
    if free is None:
        return Share(wanted, most)
    usable = int(free * (1 - _SPARE))
    count = max(1, min(wanted, usable // LEAST_MEMORY))
    return Share(count, min(most, usable // count))


def processors() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def available_memory(root: Path = Path("/")) -> int | None:
    """How many bytes may be taken: of the machine's, and of each group that limits this process.

    None where the system doesn't say: that is not Linux.
    """
    found = [*_of_machine(root), *_of_groups(root)]
    return min(found, default=None)


def sleeps(pid: int) -> bool:
    """Whether a process waits of its own accord; yes where the system doesn't say.

    Not one that works, or waits for a processor; nor one that was stopped, by Ctrl-Z or a debugger.
    """
    return _state(pid) not in {"R", "T", "t"}


def is_stopped(pid: int) -> bool:
    """Whether a process is known to stand still, by Ctrl-Z or SIGSTOP; `fg` lets it go on."""
    return _state(pid) == "T"


def _state(pid: int) -> str | None:
    """The letter by which Linux says what a process does; None where nothing is said of it."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return told.rpartition(")")[2].split()[0]


def _of_machine(root: Path) -> Iterator[int]:
    with suppress(OSError, ValueError, IndexError):
        for line in (root / "proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                yield int(line.split()[1]) * 1024


def _of_groups(root: Path) -> Iterator[int]:
    """What each control group of this process, and each above it, has left (cgroups 2 and 1).

    Within a container the path may be that of the host: then the files lie at the top.
    """
    try:
        lines = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, _, rest = line.partition(":")
        kinds, _, path = rest.partition(":")
        if kinds == "":
            top, names = root / "sys/fs/cgroup", ("memory.max", "memory.current", "inactive_file")
        elif "memory" in kinds.split(","):
            top = root / "sys/fs/cgroup/memory"
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        here = top / path.lstrip("/")
        for folder in (here, *here.parents):
            if folder.is_relative_to(top):
                yield from _left(folder, *names)


def _left(folder: Path, limit: str, used: str, cache: str) -> Iterator[int]:
    """What a group has left; pages of files that nobody uses are given back when they are wanted.

    A limit of the word `max` is none.
    """
    with suppress(OSError, ValueError):
        most = int((folder / limit).read_text(encoding="ascii"))
        taken = int((folder / used).read_text(encoding="ascii"))
        for line in (folder / "memory.stat").read_text(encoding="ascii").splitlines():
            name, _, value = line.partition(" ")
            if name == cache:
                taken -= int(value)
        yield max(0, most - taken)
