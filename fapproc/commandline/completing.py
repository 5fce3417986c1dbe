"""What a shell may complete, by click's own way: names of the archive, settings, query keys.

A key press must cost little, ask for nothing and say nothing: whatever fails completes to nothing.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from fapproc.commandline.options import files, folder_of, folders
from fapproc.voice import ARCHIVE

__all__ = [
    "albums",
    "digests",
    "files",
    "folders",
    "orders",
    "queries",
    "settings",
    "tags",
    "users",
]


def users(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem[str]]:
    """Users of the archive."""
    from fapproc.jobs import completion

    return _names(context, completion.users, typed)


def albums(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem[str]]:
    """Albums of the archive."""
    from fapproc.jobs import completion

    return _names(context, completion.albums, typed)


def tags(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem[str]]:
    """Tags of the archive, by path."""
    from fapproc.jobs import completion

    return _names(context, completion.tag_paths, typed)


def digests(context: click.Context, _: click.Parameter, typed: str) -> list[CompletionItem[str]]:
    """Digests of the archive, by their first digits."""
    from fapproc.jobs import completion

    return _names(context, completion.digests, typed)


def queries(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem[str]]:
    """Keys of `--query`, and the words that a key takes."""
    from fapproc.selections.grammar import KEYS

    key, between, _value = typed.partition("=")
    if not between:
        return _words([f"{name}=" for name in KEYS], typed)
    return _words([f"{key}={word}" for word in KEYS[key].words] if key in KEYS else [], typed)


def orders(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem[str]]:
    """Orders of `--sort`."""
    from fapproc.selections.view import Order

    return _words(list(Order), typed)


def settings(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem[str]]:
    """Settings, and methods, whose names are sensitivities."""
    from fapproc import config
    from fapproc.dedup.registry import METHODS

    methods = [name for method in METHODS for name in (method, f"{method}.animated")]
    return _words([*(each.name for each in config.SETTINGS), *methods], typed)


def _names(
    context: click.Context, find: Callable[[Path, str], list[str]], typed: str
) -> list[CompletionItem[str]]:
    named = context.meta.get(ARCHIVE)
    with suppress(Exception):  # whatever it is, a key press is no place to say so
        found = find(folder_of((named,) if named else ()), typed)  # in any case
        return [CompletionItem(name) for name in found]
    return []


def _words(known: Iterable[str], typed: str) -> list[CompletionItem[str]]:
    return [CompletionItem(word) for word in known if word.startswith(typed)]
