"""`fapproc man`: manual pages, made of what `--help` says."""

import click

from fapproc import config
from fapproc.commandline import completing
from fapproc.commandline.manual import pages
from fapproc.errors import StorageError
from fapproc.voice import answer
from fapproc.wording import counted


@click.command()
@click.argument("target", metavar="DIR", shell_complete=completing.folders)
@click.pass_context
def man(context: click.Context, target: str) -> None:
    """Write a manual page for each command into the folder DIR.

    \b
    fapproc man ~/.local/share/man/man1
    man fapproc-tag-apply
    """
    from fapproc import disk

    folder = config.expanded(target)
    made = list(pages(context.find_root().command, "fapproc"))
    try:
        disk.make(folder, 0o755)
        for name, text in made:
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"Pages can't be written to {folder}: {error.strerror}. Name another folder, or make "
            "room there."
        ) from error
    first, _ = made[0]
    answer(
        f"{counted(len(made), 'page')} written to {folder}. 'man {folder / first}' shows the first."
    )
