"""What Dask is told before it is loaded: where it writes, what it shows, and to whom it talks.

Imported before anything of Dask is. The settings of the person's own Dask clusters count for
nothing here: they could put pictures on a disk, or open a port to everybody.
"""

import os
import secrets
import socket
import ssl
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from fapproc.errors import FapError, UsageProblem

if TYPE_CHECKING:
    from distributed import Security

SCHEME = "tls"
PORT = 8786
LOOPBACK = "127.0.0.1"
_CONNECT_SECONDS = 10
_OURS = {
    "distributed.logging": dict.fromkeys(
        ("distributed", "distributed.client", "distributed.gc", "tornado", "tornado.application"),
        "critical",
    ),
    "distributed.comm.timeouts.connect": f"{_CONNECT_SECONDS}s",
    "distributed.admin.large-graph-warning-threshold": "1GiB",
    # A process that waits would wake 50 times a second to see whether it is late.
    "distributed.admin.tick.interval": "1s",
    "distributed.diagnostics.nvml": False,
    "distributed.diagnostics.computations.max-history": 0,
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.profile.enabled": False,
}


def prepare() -> None:
    """Load Dask with these rules; again is as good as once.

    Raises:
        UsageProblem: it is not installed.
    """
    if "distributed" in sys.modules:
        return
    if find_spec("distributed") is None:
        raise UsageProblem(
            "A cluster needs the package distributed, which is not installed. "
            "Install it in the project's folder: pip install '.[cluster]'"
        )
    # Dask names each client by the number of this computer's network card, which the system's
    # service for such names is asked for; a drawn one, marked as such, says nothing of anybody.
    vars(uuid)["_node"] = secrets.randbits(48) | 1 << 40
    for name in [name for name in os.environ if name.startswith("DASK_")]:
        del os.environ[name]
    with _elsewhere("HOME", "USERPROFILE", "DASK_ROOT_CONFIG"):
        # It reads files of settings there when it is loaded, and ends with an error for a bad one.
        import dask

    dask.config.config.clear()
    dask.config.refresh(paths=[], env={})
    dask.config.set(_OURS)


@contextmanager
def _elsewhere(*names: str) -> Iterator[None]:
    """Say of folders that the environment names that they are nowhere."""
    before = {name: os.environ[name] for name in names if name in os.environ}
    os.environ |= dict.fromkeys(names, os.devnull)
    try:
        yield
    finally:
        for name in names:
            del os.environ[name]
        os.environ |= before


def security(file: Path) -> "Security":
    """Encryption by the certificate in a file, for scheduler, worker and client alike."""
    from distributed import Security

    roles = ("scheduler", "worker", "client")
    files = {f"tls_{role}_{part}": str(file) for role in roles for part in ("key", "cert")}
    return Security(tls_ca_file=str(file), **files)


def address(url: str) -> tuple[str, int]:
    """Host and port of a scheduler.

    Raises:
        UsageProblem: this is no address of one.
    """
    try:
        found = urlsplit(url)
        host, port = found.hostname, found.port
    except ValueError:
        host = port = None
    whole = host and found.scheme == SCHEME and found.path in {"", "/"} and found.username is None
    if not (host and whole) or found.query or found.fragment:
        raise UsageProblem(
            f"{url} is no address of a scheduler: give {SCHEME}://HOST or {SCHEME}://HOST:PORT, "
            f"like {SCHEME}://127.0.0.1:{PORT}."
        )
    return host, PORT if port is None else port


def written(host: str, port: int) -> str:
    """The URL of a scheduler."""
    return f"{SCHEME}://{bracketed(host)}:{port}"


def bracketed(host: str) -> str:
    """A host as it stands in a URL, and as Dask takes it: an address of IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def own_address(host: str, port: int) -> str:
    """By which address of this computer a host is reached; nothing is sent to find that out.

    Raises:
        OSError: it isn't reached.
    """
    family, there = _found(host, port)
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect(there)
        found: str = probe.getsockname()[0]
    return found


def _found(host: str, port: int) -> tuple[socket.AddressFamily, Any]:
    """Where a host is: by IPv4 if it has such an address too, which more networks lead back to."""
    every = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    family, _, _, _, there = min(every, key=lambda each: each[0] != socket.AF_INET)
    return family, there


def is_here(url: str) -> bool:
    """Whether a scheduler is of this computer, as far as its address tells.

    Raises:
        UsageProblem: this is no address of one.
    """
    host, port = address(url)
    try:
        there = _found(host, port)[1][0]
        return ip_address(there).is_loopback or own_address(host, port) == there
    except (OSError, ValueError):  # no such name, no way there, a zone: it will be knocked at
        return False


def knock(url: str, certificate: Path) -> None:
    """See whether a scheduler is there that has the same certificate; nothing is sent to it.

    Raises:
        FapError: there is none, or it has another one.
        UsageProblem: this is no address of one.
    """
    host, port = address(url)
    there = ssl.create_default_context(cafile=str(certificate))
    there.check_hostname = False
    there.load_cert_chain(certificate)
    try:
        with (
            socket.create_connection((host, port), _CONNECT_SECONDS) as plain,
            there.wrap_socket(plain),
        ):
            pass
    except ssl.SSLError as error:
        raise FapError(
            f"Whoever listens at {url} has another certificate than {certificate}, or none. Copy "
            "the file from the computer of the scheduler; 'fapproc scheduler' says where it is."
        ) from error
    except OSError as error:
        raise FapError(
            f"No scheduler answers at {url}: {error.strerror or error}. Start one there with "
            f"'fapproc scheduler --listen {url}', then run the same command again."
        ) from error
