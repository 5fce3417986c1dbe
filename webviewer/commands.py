"""`fapproc run`: the viewer, served to this computer alone until Ctrl-C."""

import logging
import socket
from pathlib import Path

import click

from fapproc.cli.options import archive_option
from fapproc.errors import FapError

HOST = "127.0.0.1"
PORT = 8000
THREADS = 8


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    help="Port on 127.0.0.1; 0 takes a free one.",
)
@click.option(
    "--development",
    is_flag=True,
    help="Read changed templates anew and show tracebacks; never a debugger that runs code.",
)
@archive_option
def run(port: int, development: bool, folder: Path) -> None:
    """Show the archive in the web browser, on this computer."""
    from waitress import serve

    from fapproc import config
    from fapproc.archive import Archive
    from webviewer.addresses import Site
    from webviewer.application import viewer_of

    site = Site(config.load().site_root)
    with Archive.open(folder) as opened, _listening(port) as listener:
        app = viewer_of(opened, site)
        app.debug = development
        address = f"http://{HOST}:{listener.getsockname()[1]}/"
        click.echo(f"Serving {folder} at {address} - Ctrl-C stops")
        # A page of thumbnails waits its turn as a matter of course; that is no warning.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        # Returns at Ctrl-C.
        serve(app, sockets=[listener], threads=THREADS, expose_tracebacks=development, _quiet=True)


def _listening(port: int) -> socket.socket:
    """A socket that has its port already.

    Raises:
        FapError: the port is taken, or not for us.
    """
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise FapError(
            f"Port {port} can't be used: {error.strerror}. Choose another with --port, or stop "
            "the program that has it."
        ) from error
