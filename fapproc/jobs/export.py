"""Export: pictures to folders by tag, or by user and album, unencrypted, under their own names.

Decide first, act second: `plan` is a value that `--dry-run` prints and `export` carries out.
"""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import localtime

from sqlalchemy import Connection

from fapproc import disk, ours
from fapproc.archive import Archive
from fapproc.db import places as place_rows
from fapproc.db import tags as tag_rows
from fapproc.errors import Damaged, StorageError, UsageProblem
from fapproc.filenames import twin
from fapproc.jobs import export_names, sidecar
from fapproc.jobs.export_names import Entry
from fapproc.jobs.export_target import Target
from fapproc.jobs.sidecar import Form, Known
from fapproc.model import Detail
from fapproc.selections.selection import Selection, Tagged
from fapproc.sites.site import Site
from fapproc.vault.store import Key, Kind

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Copy:
    """One file to write: what, its name below the export folder, how long it is, if it is whole.

    `beside` is the text of its sidecar, whose name is that of the file with `.FORM` added.
    """

    key: Key
    name: str
    size: int
    unsound: Detail | None = None
    beside: bytes | None = None
    at: int = 0


@dataclass(frozen=True, slots=True)
class ExportReport:
    """Files written, there already, and removed, and a sentence for each damaged picture.

    `unsound` are those that are there now though their picture is not whole, by name. `renamed`:
    those that have another name than was decided, because of a person's file or the disk.
    """

    written: int
    kept: int
    damaged: tuple[str, ...]
    unsound: Mapping[str, Detail] = field(default_factory=dict)
    removed: int = 0
    renamed: int = 0


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What an export writes, and what it removes when all is written."""

    folder: Path
    copies: tuple[Copy, ...]
    removals: tuple[Path, ...]
    left_out: int = 0
    """How many pictures were left out because a person skipped them."""
    form: Form | None = None
    """Of the sidecars."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How pictures are to be exported."""

    renumber: bool = False
    """Put `00001-` and so on before names, and remove what else an earlier export wrote there."""
    skipped: bool = False
    """Take those that a person skipped, too."""
    output: Path | None = None
    form: Form | None = None
    """Of sidecars, which say what is known of each picture."""


def plan(
    archive: Archive,
    *,
    tag: str | None = None,
    renumber: bool = False,
    selection: Selection | None = None,
    wish: Wish | None = None,
    site: Site | None = None,
) -> ExportPlan:
    """Decide what goes where.

    Args:
        archive: what from.
        tag: a path or name of a tag; None for all. Children are folders of their own.
        renumber: as `Wish.renumber`.
        selection: which pictures. With a tag in it, or if it says nothing, those that carry a tag
            go into a folder for each; else they go into folders of users and albums.
        wish: how.
        site: whose addresses sidecars tell.

    Raises:
        FapError: no such tag, image, user or album, or a folder that can't be exported to.
    """
    wish = wish or Wish(renumber=renumber)
    chosen = selection or Selection(tags=(Tagged(tag),) if tag is not None else ())
    target = Target.of(archive, wish.output)
    is_by_tags = chosen.says_nothing or any(each.wanted for each in chosen.tags)
    order = export_names.by_tags if is_by_tags else export_names.by_albums
    with archive.reading() as connection:
        entries, folders, left_out = order(connection, chosen, skipped=wish.skipped)
        named = list(export_names.named(entries, target.longest, renumber=wish.renumber))
        texts = _texts(connection, entries, wish.form, site)
        copies = tuple(_copy(entry, name, texts) for entry, name in named)
    names = [copy.name for copy in copies]
    names += (f"{name}.{wish.form}" for name in [*names] if wish.form)
    stale = target.stale(folders, names) if wish.renumber else []
    removals = tuple(target.folder / name for name in stale)
    return ExportPlan(target.folder, copies, removals, left_out, wish.form)


def export(
    archive: Archive, decided: ExportPlan, *, output: Path | None = None, link: bool = False
) -> ExportReport:
    """Do what was decided. A file that is there is kept, and so is one that is a person's.

    A damaged picture doesn't stop the others.

    Args:
        archive: what from.
        decided: what.
        output: the folder that it was decided for, if not the archive's own.
        link: link the files of an open archive where the disk can, in place of copying them.

    Raises:
        UsageProblem: files of a sealed archive were to be linked.
        StorageError: the disk is full or can't be written; files written before stay.
    """
    if link and archive.sealed:
        raise UsageProblem("The files of a sealed archive are encrypted: export without --link.")
    target = Target.of(archive, output)
    written = kept = removed = renamed = 0
    laid: set[str] = set()
    damaged: dict[str, str] = {}
    unsound: dict[str, Detail] = {}
    try:
        for copy in decided.copies:
            source = Path(archive.vault.place(copy.key)) if link else None
            try:
                data = archive.vault.get(copy.key)
                name, is_new = target.lay(copy.name, data, laid, source)
                laid.add(twin(name))
                if copy.beside is not None:
                    beside, _ = target.lay(f"{name}.{decided.form}", copy.beside, laid)
                    laid.add(twin(beside))
            except Damaged as error:  # or what is there is no file, or a link: it is none of ours
                damaged[copy.key.digest] = str(error)
                continue
            written += is_new
            kept += not is_new
            renamed += name != copy.name
            if copy.unsound is not None:
                unsound[name] = copy.unsound
        if not damaged:  # else what is there may be the last that is left of a picture
            for path in decided.removals:
                name = path.relative_to(decided.folder).as_posix()
                if twin(name) not in laid:
                    removed += target.remove(name)
    finally:
        target.finish()
    return ExportReport(written, kept, tuple(damaged.values()), unsound, removed, renamed)


def export_zip(archive: Archive, decided: ExportPlan, file: Path) -> ExportReport:
    """Write all that was decided into a new ZIP file, uncompressed: pictures are so already.

    Where there is nothing to write there is no file.

    It grows under its name with `.part` added, of which a kill leaves what there is by then.

    Raises:
        UsageProblem: something lies under one of these names.
        StorageError: it can't be written; nothing is left under its name.
    """
    part = file.with_name(f"{file.name}.part")
    for path in (file, part):
        if path.exists() or path.is_symlink():
            raise UsageProblem(
                f"{path} is there already. Move it away, or name another with --output."
            )
    written, damaged, unsound = 0, dict[str, str](), dict[str, Detail]()
    if not decided.copies:
        return ExportReport(0, 0, (), {})
    try:
        disk.make(file.parent)
        with zipfile.ZipFile(part, "w", allowZip64=True) as packed:
            for copy in decided.copies:
                try:
                    data = archive.vault.get(copy.key)
                except Damaged as error:
                    damaged[copy.key.digest] = str(error)
                    continue
                packed.writestr(_member(copy.name, copy.at), data)
                if copy.beside is not None:
                    packed.writestr(_member(f"{copy.name}.{decided.form}", copy.at), copy.beside)
                written += 1
                if copy.unsound is not None:
                    unsound[copy.name] = copy.unsound
        disk.replace(part, file)
    except OSError as error:
        raise StorageError(
            f"{file} can't be written: {error.strerror}. Make room, or name another with --output."
        ) from error
    finally:
        disk.remove(part, ours.ANY)
    return ExportReport(written, 0, tuple(damaged.values()), unsound)


def is_kept(archive: Archive, copy: Copy, output: Path | None = None) -> bool:
    """Whether a file is there already as it was decided."""
    return Target.of(archive, output).holds(copy.name, copy.key.digest)


def _member(name: str, at: int) -> zipfile.ZipInfo:
    """A file of a ZIP, with its time, of which ZIP knows none before 1980."""
    moment = localtime(at)[:6]
    return zipfile.ZipInfo(name, moment if moment[0] >= 1980 else (1980, 1, 1, 0, 0, 0))


def _copy(entry: Entry, name: str, texts: Mapping[int, Known]) -> Copy:
    image = entry.stored.image
    known = texts.get(entry.stored.id)
    copy = Copy(
        Key(Kind.BLOB, image.digest, image.format),
        name,
        image.bytes,
        image.unsound,
        at=image.fetched_at,
    )
    if known is None:
        return copy
    own = entry.sighting.name if entry.sighting else None
    return replace(copy, beside=sidecar.text(replace(known, name=own)))


def _texts(
    connection: Connection, entries: Sequence[Entry], form: Form | None, site: Site | None
) -> dict[int, Known]:
    """What sidecars say, by image."""
    if form is None:
        return {}
    found: dict[int, Known] = {}
    rows = {entry.stored.id: entry.stored for entry in entries}
    for some in _stretches(list(rows)):
        seen = place_rows.sightings_of(connection, some)
        tagged = tag_rows.tags_of(connection, some)
        for number in some:
            places = seen[number]
            pages = [
                site.photo(each.place.image)
                for each in places
                if site is not None and each.place.user.source == site.source
            ]
            own = tuple(tagged.get(number, ()))
            image = rows[number].image
            found[number] = Known(
                image, own, tuple(places), tuple(dict.fromkeys(pages)), None, form
            )
    return found


def _stretches(numbers: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), _AT_ONCE):
        yield numbers[start : start + _AT_ONCE]
