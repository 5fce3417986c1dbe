"""`fapproc completion`: what a shell needs to complete this program's words."""

import click

from fapproc.commandline.shells import SHELLS, script
from fapproc.voice import rows


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what a shell is to run so that it completes commands, options and names.

    \b
    eval "$(fapproc completion bash)"    in ~/.bashrc
    eval "$(fapproc completion zsh)"     in ~/.zshrc, after compinit
    fapproc completion fish > ~/.config/fish/completions/fapproc.fish

    Users, albums, tags and digests are those of the archive; of a sealed one nothing is known
    without its password, and it is not asked for.
    """
    rows(script(shell, context.find_root().command).splitlines())
