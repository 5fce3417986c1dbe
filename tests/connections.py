"""Connections and listening sockets of processes of this computer, as Linux tells them in /proc."""

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


def sockets(pid: int) -> set[str]:
    """The inodes of a process's sockets."""
    found = set[str]()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            found.add(str(each.readlink()).removeprefix("socket:[").rstrip("]"))
    return found


def listening(pid: int) -> list[tuple[str, int]]:
    """Where a process listens, addresses of IPv4 and ports."""
    own = sockets(pid)
    found = [line[1].split(":") for line in connections() if line[3] == _LISTENS and line[9] in own]
    return [
        (
            socket.inet_ntoa(struct.pack("=I", int(host, 16))) if len(host) == 8 else host,
            int(port, 16),
        )
        for host, port in found
    ]
