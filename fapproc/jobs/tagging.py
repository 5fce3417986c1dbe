"""Tags by path: make them, give them to images, list them."""

from collections.abc import Sequence

from sqlalchemy import Connection

from fapproc import names
from fapproc.archive import Archive
from fapproc.db import tags
from fapproc.errors import FapError, UsageProblem
from fapproc.jobs import selection
from fapproc.model import Tag


def create(archive: Archive, path: str) -> list[Tag]:
    """Make a tag, and what its path lacks above it; return the ones that were made.

    Raises:
        UsageProblem: a name that can't be one, or one that stands elsewhere in the tree.
    """
    with archive.writing() as connection:
        known = {names.key(tag.path): tag for tag in tags.tree(connection)}
        made: list[int] = []
        parent: int | None = None
        lineage = ""
        for name in _names(path):
            lineage = f"{lineage}/{name}" if lineage else name
            found = known.get(names.key(lineage))
            if found is None:
                _refuse_elsewhere(connection, name)
                made.append(tags.create(connection, name, parent))
            parent = found.id if found else made[-1]
        if not made:
            raise UsageProblem(f"There is a tag {path!r} already. 'fapproc tag list' shows all.")
        return [tag for tag in tags.tree(connection) if tag.id in made]


def apply(archive: Archive, path: str, digests: Sequence[str]) -> int:
    """Give a tag to images, named by digest or by the start of one; returns how many are new to it.

    Raises:
        UsageProblem: what is no digest; nothing was tagged then.
        FapError: no such tag, no such image, or several; nothing was tagged then.
    """
    with archive.writing() as connection:
        tag = find(connection, path)
        chosen = [selection.image(connection, digest).id for digest in digests]
        return tags.apply(connection, tag.id, chosen)


def listed(archive: Archive) -> list[Tag]:
    """Every tag, siblings by name, depth first."""
    with archive.reading() as connection:
        return tags.tree(connection)


def find(connection: Connection, path: str) -> Tag:
    """The tag of this path, or of this name: names are one in the whole tree.

    Raises:
        FapError: there is none.
    """
    wanted = names.key(path.strip("/"))
    for tag in tags.tree(connection):
        if wanted in {names.key(tag.path), names.key(tag.name)}:
            return tag
    raise FapError(
        f"No tag {path!r}. 'fapproc tag list' shows all, 'fapproc tag create' makes one."
    )


def _names(path: str) -> list[str]:
    found = [name.strip() for name in path.strip("/").split("/")]
    for name in found:
        if not name or "\\" in name or not name.isprintable():
            raise UsageProblem(f"{path!r} is no path of tags. Write it like 'Places/Lakes'.")
        if name in {".", ".."}:
            raise UsageProblem(
                f"{path!r} is no path of tags: none may be called {name!r}, which means a folder. "
                "Write it from the top, like 'Places/Lakes'."
            )
    return found


def _refuse_elsewhere(connection: Connection, name: str) -> None:
    if tags.by_name(connection, name) is not None:
        raise UsageProblem(
            f"There is a tag named {name!r} elsewhere already; names are one in the whole tree."
        )
