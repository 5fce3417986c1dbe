"""`fapproc scheduler` and `fapproc worker`: the two parts of a cluster."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from fapproc.commandline.clustering import certificate_option
from fapproc.commandline.options import archive_option
from fapproc.voice import answer, tell


@click.command()
@click.option(
    "--listen",
    metavar="URL",
    default="tls://127.0.0.1:8786",
    show_default=True,
    help="The address of this computer at which others reach it; port 0 picks a free one.",
)
@certificate_option
def scheduler(listen: str, certificate: str | None) -> None:
    """Run the scheduler of a cluster, which workers join and commands ask, until Ctrl-C.

    \b
    fapproc scheduler
    fapproc scheduler --listen tls://192.168.1.10:8786

    It has no archive and asks for no password. It makes the file that admits computers to the
    cluster, if there is none: copy that to each computer. Whoever has it can run any program on all
    of them.
    """
    from fapproc.executors import cluster_rules
    from fapproc.jobs import clusters

    host, port = cluster_rules.address(listen)
    cluster_rules.prepare()
    file = clusters.certificate_file(certificate)
    if clusters.made(file):
        answer(
            f"Made {file}, which admits computers to the cluster: copy it to each computer of it."
        )
    with _ending("scheduler"):
        clusters.schedule(host, port, file, lambda url: answer(f"The scheduler is at {url}"))


@click.command()
@click.argument("url")
@click.option(
    "--processes",
    metavar="N",
    type=click.IntRange(1, 60),
    help="How many pictures at a time. [default: as many as processors and memory allow]",
)
@certificate_option
@archive_option
def worker(url: str, processes: int | None, certificate: str | None, folder: Path) -> None:
    """Run a worker that joins the scheduler at this address, until Ctrl-C.

    \b
    fapproc worker tls://192.168.1.10:8786
    fapproc worker tls://192.168.1.10:8786 -d /mnt/pictures --processes 4

    -d names the archive as this computer sees it: the same one that commands with '--cluster' work
    on. For several computers its rows are on a server, and its pictures in a bucket or a folder
    that all share. Its password is asked for here.
    """
    from fapproc import config
    from fapproc.dedup.models import chosen
    from fapproc.executors import cluster_rules
    from fapproc.jobs import clusters
    from fapproc.unlocking import unlock

    cluster_rules.address(url)
    cluster_rules.prepare()
    file = clusters.certificate_file(certificate)
    with _ending("worker"):
        model = chosen(config.load().network)
        clusters.work(unlock(folder), url, file, processes, model, tell)


@contextmanager
def _ending(what: str) -> Iterator[None]:
    """End by Ctrl-C, or as systemd and docker end a service, and leave nothing behind."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        tell(f"The {what} has ended.")
    finally:
        signal.signal(signal.SIGTERM, before)
