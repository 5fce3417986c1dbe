"""`fapproc run`: the viewer, served to this computer alone until Ctrl-C."""

from pathlib import Path

import click

from fapproc.commandline.options import archive_option, read_only_option

HOST = "127.0.0.1"
PORT = 8000


@click.command()
@click.option(
    "--port",
    metavar="PORT",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    help="Port on 127.0.0.1; 0 picks a free one.",
)
@click.option(
    "--development",
    is_flag=True,
    help="Reload changed templates and show tracebacks; there is no debugger.",
)
@archive_option
@read_only_option
def run(port: int, development: bool, folder: Path, read_only: bool) -> None:
    """Serve the viewer: browse the archive in your web browser, on this computer only.

    \b
    fapproc run
    fapproc run --port 8080
    """
    from contextlib import ExitStack

    from fapproc import config
    from fapproc.looking import open_to_read
    from webviewer.access import access
    from webviewer.addresses import Site
    from webviewer.application import viewer_of
    from webviewer.held import Held
    from webviewer.serving import listening, serve

    settings = config.load()
    site = Site(settings.site_root, settings.site)
    opened = Held(open_to_read(folder, only=read_only), idle=60 * settings.viewer_lock)
    with ExitStack() as ending:
        ending.callback(opened.leave)
        listener = ending.enter_context(listening(HOST, port))
        lets_in = access()
        app = viewer_of(opened, site, lets_in)
        app.debug = development
        serve(app, listener, opened, lets_in.token)
