"""Clusters: how one is named, begun and joined; and the file that lets computers into it."""

import errno
import os
import platform
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from io import FileIO
from pathlib import Path

from fapproc import config, disk
from fapproc.archive import Archive
from fapproc.dedup.models import Model
from fapproc.errors import FapError, StorageError, UsageProblem
from fapproc.executors import certificate, cluster_rules
from fapproc.executors.cluster_process import Began, Lost, Order
from fapproc.executors.crew import Crew
from fapproc.executors.joined import Cluster
from fapproc.executors.machine import MOST_MEMORY, share
from fapproc.jobs.scratch import CERTIFICATE, scratch
from fapproc.jobs.station import KEPT, Calling, Job, Station
from fapproc.unlocking import Unlocked

LOCAL = re.compile(r"local(?:\[(\d{1,3})\])?")
MOST = 60
"""So many workers of one computer at most, as of processes elsewhere."""
_ANY = re.compile(r"[^/]+")
"""The file may have any name that was given: it is removed only where it was made just now."""
_LARGEST = 1 << 16
_TICK = 0.2
Tell = Callable[[str], object]


def refuse_others(typed: str) -> None:
    """Refuse what names no cluster.

    Raises:
        UsageProblem: neither local, nor the address of a scheduler; or Dask is not installed.
    """
    if (found := LOCAL.fullmatch(typed)) is None:
        cluster_rules.address(typed)
    elif found[1] is not None and not 1 <= int(found[1]) <= MOST:
        raise UsageProblem(f"{typed} is no cluster: name 1 to {MOST} workers.")
    cluster_rules.prepare()


@contextmanager
def joined(
    archive: Archive, typed: str, file: Path, tell: Tell, first: Job | None = None
) -> Iterator[Cluster]:
    """A cluster of this computer that begins now and ends with the block, or one that is there.

    Args:
        archive: to work on.
        typed: `local`, `local[N]` or the URL of a scheduler.
        file: lets us into the one that is there.
        tell: is called with sentences.
        first: what will be asked of it first: its workers are ready for that when they join.

    Raises:
        FapError: it can't be begun or joined.
    """
    group = _group(archive.description.id)
    if (found := LOCAL.fullmatch(typed)) is None:
        _refuse_file(archive.unlocked, typed)
        with Cluster(typed, kept(file), group, tell) as cluster:
            yield cluster
        return
    with scratch() as folder:
        own = folder / CERTIFICATE
        own.write_bytes(certificate.new())
        own.chmod(0o600)
        nowhere = cluster_rules.written(cluster_rules.LOOPBACK, 0)
        with Crew([Order(nowhere, own, folder)]) as scheduler:
            url = _begun(scheduler)
            ready = None if first is None or _reads(first) else partial(_given, first)
            orders = _workers(archive.unlocked, url, own, folder, _number(found), ready)
            with Crew(orders) as workers:
                watch = partial(_watch, (scheduler, workers), url)
                with Cluster(url, own, group, lambda _: None, watch) as cluster:
                    yield cluster


def schedule(host: str, port: int, file: Path, begun: Callable[[str], object]) -> None:
    """Be the scheduler of a cluster until Ctrl-C; `begun` is called with its URL.

    Raises:
        FapError: the address is taken, or not this computer's.
    """
    url = cluster_rules.written(host, port)
    with scratch() as folder, Crew([Order(url, kept(file), folder)]) as crew:
        try:
            begun(_begun(crew))
        except OSError as error:
            raise FapError(
                f"The scheduler can't listen at {url}: {error.strerror or error}. Name another "
                "address of this computer, or another port, with --listen."
            ) from error
        while True:
            crew.watch(_TICK)


def work(
    unlocked: Unlocked, url: str, file: Path, processes: int | None, model: Model, tell: Tell
) -> None:
    """Work for a scheduler until Ctrl-C; where it is gone, until it is back.

    `model`: the network that pictures are likely processed with: workers begin with it.

    Raises:
        FapError: there is no scheduler, or the archive can't be opened.
        UsageProblem: its rows are in a file, and the scheduler is of another computer.
    """
    _refuse_file(unlocked, url)
    cluster_rules.knock(url, kept(file))
    there = dict.fromkeys((Began, Lost), 0)

    def heard(said: Began | Lost) -> None:
        there[type(said)] += 1
        if isinstance(said, Lost) and there[Lost] == 1:
            there[Began] = 0
            tell(f"The scheduler at {url} is gone: waiting until it is back.")
        elif isinstance(said, Began) and there[Began] == 1:
            there[Lost] = 0
            tell(f"Working for {url}. Ctrl-C ends it.")

    with scratch() as folder:
        ready = partial(_processing, model)
        orders = _workers(unlocked, url, file, folder, processes, ready)
        with Crew(orders, heard) as crew:
            while True:
                crew.watch(_TICK)


def certificate_file(typed: str | None) -> Path:
    """The file that admits computers to a cluster: what was named, or where it lies by itself.

    Raises:
        UsageProblem: none was named, and there is no home folder.
    """
    if typed:
        return config.expanded(typed)
    beside = config.config_file()
    if beside is None:
        raise UsageProblem("There is no home folder: name a file with --certificate.")
    return beside.parent / CERTIFICATE


def made(file: Path) -> bool:
    """Make the file that admits computers to a cluster, if it is not there; whether it was made.

    Raises:
        StorageError: it can't be written.
    """
    try:
        if file.exists():
            return False
        disk.make(file.parent, 0o700)
        with disk.opened(file.parent) as folder:
            opened = FileIO(folder.open(file.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "w")
            try:
                _fill(opened, certificate.new())
            except BaseException:  # half of it would be in the way of the next try
                folder.remove(file.name, _ANY)
                raise
    except OSError as error:
        raise StorageError(
            f"{file} can't be written: {error.strerror}. Name another file with --certificate."
        ) from error
    return True


def _fill(opened: FileIO, pem: bytes) -> None:
    with opened:
        if os.name != "nt":
            os.fchmod(opened.fileno(), 0o600)  # while it is empty
        if opened.write(pem) != len(pem):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def kept(file: Path) -> Path:
    """The file that admits computers to a cluster, looked at.

    Raises:
        UsageProblem: it is not there, can't be read, is no such file, or others may read it.
    """
    try:
        disk.refuse_other(file.stat(), str(file))
        mode = file.stat().st_mode
        with file.open("rb") as opened:
            pem = opened.read(_LARGEST)
    except OSError as error:
        raise UsageProblem(
            f"{file}, which admits computers to a cluster, can't be read: {error.strerror}. "
            "'fapproc scheduler' makes it; copy it to each computer, and name it with "
            "--certificate."
        ) from error
    if os.name != "nt" and mode & 0o077:
        raise UsageProblem(
            f"Others may read {file}, and with it let anything run here. "
            f"Make it your own: chmod 600 {file}"
        )
    if not certificate.is_whole(pem):
        raise UsageProblem(
            f"{file} is not the key and certificate of a cluster. Copy it again, or name another "
            "file with --certificate."
        )
    return file


def _refuse_file(unlocked: Unlocked, url: str) -> None:
    """Refuse to share rows in a file: SQLite's log holds between programs of one computer alone."""
    if unlocked.description.is_on_server or cluster_rules.is_here(url):
        return
    raise UsageProblem(
        f"The rows of the archive in {unlocked.folder} are in a file, which programs of several "
        f"computers would damage, and {url} is no address of this computer. Move them to a server "
        "with 'fapproc move --database', or use a scheduler of this computer."
    )


def _group(archive_id: str) -> str:
    """How workers are named that have this archive, this program and this Python."""
    python = ".".join(platform.python_version_tuple()[:2])
    return f"{archive_id}/{version('fapfavorites')}/{python}/"


def _number(found: re.Match[str]) -> int | None:
    return int(found[1]) if found[1] else None


def _workers(
    unlocked: Unlocked,
    url: str,
    file: Path,
    folder: Path,
    processes: int | None,
    ready: Callable[[], Job] | None,
) -> list[Order]:
    part = share(processes, most=KEPT * MOST_MEMORY)
    make = partial(Station, unlocked, part.memory, ready)
    return [Order(url, file, folder, _group(unlocked.description.id), make)] * part.processes


def _given(job: Job) -> Job:
    return job


def _processing(model: Model) -> Job:
    from fapproc.jobs.deriving import Deriving  # with all that decodes, which only workers need

    return Deriving.whole(model)


def _reads(job: Job) -> bool:
    """Whether a job is done by who has the archive open: no process has to be ready for it."""
    return isinstance(job, Calling) and job.reads


def _begun(crew: Crew) -> str:
    while not crew.urls:
        crew.watch(_TICK)
    return crew.urls[0]


def _watch(crews: tuple[Crew, Crew], url: str) -> None:
    for crew in crews:
        crew.watch(0)
    if crews[0].urls != [url]:
        raise FapError(
            "The scheduler of the cluster has ended. What was done is kept: run the same command "
            "again."
        )
