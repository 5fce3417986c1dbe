"""`fapproc completion`: what a shell needs to complete this program's words."""

import click

from fapproc.commandline.shells import SHELLS, script
from fapproc.voice import rows


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the shell code that completes commands, options and names with Tab.

    \b
    eval "$(fapproc completion bash)"    in ~/.bashrc
    eval "$(fapproc completion zsh)"     in ~/.zshrc, after compinit
    fapproc completion fish > ~/.config/fish/completions/fapproc.fish

    Users, albums, tags and digests come from the archive; those of a sealed one are not completed,
    since that would need the password.
    """
    rows(script(shell, context.find_root().command).splitlines())
