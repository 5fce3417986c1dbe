"""What processes of this computer have open, sockets and files, as Linux tells it in /proc."""

import socket
import struct
from contextlib import suppress
from pathlib import Path

_LISTENS = "0A"


def connections() -> list[list[str]]:
    """The lines of the kernel's table of connections, in columns."""
    tables = (Path("/proc/net", name) for name in ("tcp", "tcp6"))
    return [
        line.split()
        for table in tables
        if table.exists()
        for line in table.read_text().splitlines()[1:]
    ]


def opened(pid: int) -> list[str]:
    """What a process has open: paths, and the names of what has none."""
    found = []
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            found.append(str(each.readlink()))
    return found


def sockets(pid: int) -> set[str]:
    """The inodes of a process's sockets."""
    return {each.removeprefix("socket:[").rstrip("]") for each in opened(pid)}


def listening(pid: int) -> list[tuple[str, int]]:
    """Where a process listens, addresses and ports."""
    own = sockets(pid)
    found = [line[1].split(":") for line in connections() if line[3] == _LISTENS and line[9] in own]
    return [(_address(host), int(port, 16)) for host, port in found]


def _address(host: str) -> str:
    words = [int(host[at : at + 8], 16) for at in range(0, len(host), 8)]
    family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
    return socket.inet_ntop(family, struct.pack(f"={len(words)}I", *words))
