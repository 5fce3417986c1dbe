"""Tags by path or number: make, rename, move and delete them, give them to images, remove them.

Each of these is a decision in the log, which `undo` can undo; with `dry_run` it is only tried. Who
was shown a tag before gives its version: if that is another one by now, nothing is changed.
"""

import time
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Select

from fapproc import names
from fapproc.archive import Archive
from fapproc.db import decisions as log
from fapproc.db import selected, tags
from fapproc.db.dialect import numbers
from fapproc.db.logged import TagState
from fapproc.errors import UsageProblem
from fapproc.jobs import selection as selections
from fapproc.jobs.tagging_versions import unchanged
from fapproc.model import Tag
from fapproc.selections.selection import Selection
from fapproc.wording import counted

TOP = "/"
"""Where tags stand that are under no other."""
LONGEST_NAME = 200
"""Letters of a name; one of 100,000 left no list, log or page that could be read."""
SHOWN = 40
"""Letters of a longer one that are said again."""


@dataclass(frozen=True, slots=True)
class Tagging:
    """Of how many images a tag changed, of how many that were meant, and which tag it is."""

    tag: Tag
    changed: int
    meant: int
    decision: int | None = None
    """Its number in the log; None where nothing changed."""


def create(
    archive: Archive, path: str, *, under: int | None = None, dry_run: bool = False
) -> list[Tag]:
    """Make a tag, and what its path lacks above it; return the ones that were made.

    `under`: the path begins at the tag of this number, and not at the top.

    Raises:
        UsageProblem: a name that can't be one, or one that stands elsewhere in the tree.
        FapError: no such tag to stand under.
    """
    with archive.writing(dry=dry_run) as connection:
        above = None if under is None else selections.tag(connection, under)
        known = {names.key(tag.path): tag for tag in tags.lines(connection)}
        made: list[int] = []
        parent = under
        lineage = "" if above is None else above.path
        for name in _names(path):
            lineage = f"{lineage}/{name}" if lineage else name
            found = known.get(names.key(lineage))
            if found is None:
                refuse_elsewhere(connection, name)
                made.append(tags.create(connection, name, parent))
            parent = found.id if found else made[-1]
        if not made:
            path = known[names.key(lineage)].path  # its own case
            raise UsageProblem(
                f"There is a tag {names.quoted(path)} already. 'fapproc tag list' shows all."
            )
        new = [tag for tag in tags.tree(connection) if tag.id in made]
        nothing = TagState(dict.fromkeys(made))
        word = "tag" if len(new) == 1 else "tags"
        told = f"{word} {', '.join(tag.path for tag in new)} created"
        _log(connection, told, nothing, _state(*new))
        return new


def rename(
    archive: Archive,
    tag: str | int,
    name: str,
    *,
    dry_run: bool = False,
    version: str | None = None,
) -> tuple[Tag, Tag]:
    """Give a tag another name where it stands; returns the tag before and after.

    Raises:
        UsageProblem: a name that can't be one, or that another tag has.
        Changed: it has another version.
        FapError: no such tag.
    """
    with archive.writing(dry=dry_run) as connection:
        before = unchanged(connection, selections.tag(connection, tag), version)
        new, *more = _names(name)
        if more:
            raise UsageProblem(
                f"{names.quoted(name)} is a path, and a renamed tag stays in its place. Give one "
                "name; 'fapproc tag move' puts it under another tag."
            )
        refuse_elsewhere(connection, new, besides=before.id)
        tags.rename(connection, before.id, new)
        after = selections.tag(connection, before.id)
        told = f"tag {before.path} renamed to {after.name}"
        _log(connection, told, _state(before), _state(after))
        return before, after


def move(
    archive: Archive,
    tag: str | int,
    under: str | int,
    *,
    dry_run: bool = False,
    version: str | None = None,
) -> tuple[Tag, Tag]:
    """Put a tag, with all under it, under another one, or to the top (`/`).

    Raises:
        UsageProblem: it would stand under itself.
        Changed: it has another version.
        FapError: no such tag.
    """
    with archive.writing(dry=dry_run) as connection:
        before = unchanged(connection, selections.tag(connection, tag), version)
        parent = None if str(under).strip() == TOP else selections.tag(connection, under)
        if parent is not None:
            line = [*tags.above(connection, parent.id), parent]
            if before.id in {each.id for each in line}:
                raise UsageProblem(
                    f"{before.path} can't be under {parent.path}, which is the same tag or one "
                    "under it. Name another tag, or / for the top."
                )
        tags.move(connection, before.id, None if parent is None else parent.id)
        after = selections.tag(connection, before.id)
        told = f"tag {before.path} moved: {after.path}"
        _log(connection, told, _state(before), _state(after))
        return before, after


def to_delete(archive: Archive, tag: str | int) -> Tag:
    """The tag that `delete` would delete.

    Raises:
        UsageProblem: tags stand under it.
        FapError: no such tag.
    """
    with archive.reading() as connection:
        return childless(connection, tag)


def delete(archive: Archive, tag: str | int, *, version: str | None = None) -> Tag:
    """Delete a tag, and take it from all images.

    Raises:
        UsageProblem: tags stand under it: they are to be deleted first.
        Changed: it has another version.
        FapError: no such tag.
    """
    with archive.writing() as connection:
        found = unchanged(connection, selections.tag(connection, tag), version)
        found = childless(connection, found.id)
        had = {found.id: tags.carriers(connection, found.id)}
        tags.delete_tag(connection, found.id)
        before = replace(_state(found), images=had)
        _log(connection, f"tag {found.path} deleted", before, TagState({found.id: None}))
        return found


def apply(
    archive: Archive, tag: str | int, selection: Selection, *, dry_run: bool = False
) -> Tagging:
    """Give a tag to the images of a selection.

    Raises:
        UsageProblem: the selection says nothing; nothing was tagged then.
        FapError: no such tag, or it names what isn't there; nothing was tagged then.
    """
    with archive.writing(dry=dry_run) as connection:
        found = selections.tag(connection, tag)
        chosen = selections.resolve(connection, selections.something(selection))
        meant = selected.count(connection, chosen)
        return give(connection, found, selected.images_of(chosen), meant)


def clear(
    archive: Archive, tag: str | int, selection: Selection, *, dry_run: bool = False
) -> Tagging:
    """Take a tag, and all under it, from the images of a selection.

    Raises:
        UsageProblem, FapError: as `apply`.
    """
    with archive.writing(dry=dry_run) as connection:
        found = selections.tag(connection, tag)
        chosen = selections.resolve(connection, selections.something(selection))
        meant = selected.count(connection, chosen)
        return take(connection, found, selected.images_of(chosen), meant)


def give(connection: Connection, tag: Tag, these: Select[tuple[int]], meant: int) -> Tagging:
    """Give a tag to images, `meant` in number; log it if any lacked it."""
    fresh = tags.lacking(connection, tag.id, these)
    if fresh:
        tags.apply(connection, tag.id, numbers(fresh))
        told = f"tag {tag.path} given to {counted(len(fresh), 'image')}"
        number = _log(connection, told, TagState(), TagState(images={tag.id: fresh}))
        return Tagging(tag, len(fresh), meant, number)
    return Tagging(tag, 0, meant)


def take(connection: Connection, tag: Tag, these: Select[tuple[int]], meant: int) -> Tagging:
    """Take a tag and all under it from images, `meant` in number; log it if any had one."""
    ids = [each.id for each in tags.branch(connection, tag.id)]
    found = {each: tags.carriers(connection, each, these) for each in ids}
    had = {each: carriers for each, carriers in found.items() if carriers}
    changed = len({number for carriers in had.values() for number in carriers})
    if had:
        tags.clear(connection, ids, these)
        told = f"tag {tag.path} taken from {counted(changed, 'image')}"
        number = _log(connection, told, TagState(images=had), TagState())
        return Tagging(tag, changed, meant, number)
    return Tagging(tag, 0, meant)


def listed(archive: Archive) -> list[Tag]:
    """Every tag, siblings by name, depth first."""
    with archive.reading() as connection:
        return tags.tree(connection)


def paths(archive: Archive) -> list[Tag]:
    """The same without figures: what that costs doesn't depend on how much is tagged."""
    with archive.reading() as connection:
        return tags.lines(connection)


def _state(*found: Tag) -> TagState:
    return TagState({tag.id: (tag.name, tag.parent) for tag in found})


def _log(connection: Connection, told: str, before: TagState, after: TagState) -> int:
    return log.log_tags(connection, told, before, after, int(time.time()))


def childless(connection: Connection, tag: str | int) -> Tag:
    """The tag of this path or number.

    Raises:
        UsageProblem: tags stand under it.
        FapError: no such tag.
    """
    found = selections.tag(connection, tag)
    under = [each.path for each in tags.branch(connection, found.id)[1:]]
    if under:
        raise UsageProblem(
            f"{found.path} has tags under it: {under[-1]}. Delete or move that first."
        )
    return found


def _names(path: str) -> list[str]:
    found = [name.strip() for name in path.strip("/").split("/")]
    for name in found:
        if len(name) > LONGEST_NAME:
            raise UsageProblem(
                f"The tag {name[:SHOWN]}… would have {len(name):,} letters in its name. Name it in "
                f"{LONGEST_NAME} at most."
            )
        if not name or "\\" in name or not name.isprintable():
            raise UsageProblem(
                f"{names.quoted(path)} is not a path of tags. Write it like 'Places/Lakes'."
            )
        if name in {".", ".."}:
            raise UsageProblem(
                f"{names.quoted(path)} is not a path of tags: no tag may be called "
                f"{names.quoted(name)}, which means a "
                "folder. Write it from the top, like 'Places/Lakes'."
            )
    return found


def refuse_elsewhere(connection: Connection, name: str, besides: int | None = None) -> None:
    """Refuse a name that a tag has, but for one tag.

    Raises:
        UsageProblem: a tag has it.
    """
    there = tags.by_name(connection, name)
    if there not in {None, besides}:
        path = tags.paths(connection).get(there, name)
        raise UsageProblem(
            f"There is a tag {names.quoted(path)} already; a name can be used only once in the "
            "whole tree."
        )
