"""`--cluster` and `--certificate`: work done by workers of a cluster instead of this computer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fapproc.commandline.options import files
from fapproc.voice import tell

if TYPE_CHECKING:
    from fapproc.archive import Archive
    from fapproc.jobs.afar import Afar

F = TypeVar("F", bound=Callable[..., Any])


def certificate_option(command: F) -> F:
    """`--certificate FILE`: what lets a computer into a cluster."""
    return click.option(
        "--certificate",
        metavar="FILE",
        envvar="FAP_CLUSTER_CERTIFICATE",
        shell_complete=files,
        help="The file that admits computers to the cluster. [FAP_CLUSTER_CERTIFICATE; default: "
        "~/.config/fapproc/cluster.pem]",
    )(command)


def cluster_options(command: F) -> F:
    """`--cluster WHERE` and `--certificate FILE`."""
    return click.option(
        "--cluster",
        metavar="WHERE",
        help="Let workers do it: those of the scheduler at tls://HOST:PORT, or local[N]: N started "
        "on this computer.",
    )(certificate_option(command))


def refuse_others(typed: str | None) -> None:
    """Refuse what names no cluster, before anything else is done.

    Raises:
        UsageProblem: it names none, or its packages are not installed.
    """
    if typed is not None:
        from fapproc.jobs import clusters

        clusters.refuse_others(typed)


@contextmanager
def clustering(
    archive: "Archive", typed: str | None, certificate: str | None
) -> "Iterator[Afar | None]":
    """The cluster that was named; None if none was."""
    if typed is None:
        yield None
        return
    from fapproc.jobs import clusters
    from fapproc.jobs.afar import Afar

    file = clusters.certificate_file(certificate)
    with Afar(archive, partial(clusters.joined, archive, typed, file, tell)) as afar:
        yield afar
