"""The files of an archive in two forms, open and sealed, or in two places: copy one to the other.

What is copied is read and verified on the way. Which files there are is known only from the rows.
"""

from collections.abc import Iterable, Iterator

from fapproc import ours
from fapproc.archive import Archive
from fapproc.db import kept_figures, pruned
from fapproc.db.images import Stored
from fapproc.disk import LINKABLE
from fapproc.durable.folder import DurableFolder
from fapproc.errors import Damaged, Unreadable
from fapproc.firsts import Firsts
from fapproc.steps import Begin
from fapproc.unlocking import Unlocked
from fapproc.vault.store import Key, Kind
from fapproc.wording import counted

BATCH = 64


def count(archive: Archive) -> int:
    """How many images have files: those of the archive, and those in the bin."""
    with archive.reading() as connection:
        held = kept_figures.totals(kept_figures.values(connection)).images
        return held + pruned.figures(connection).in_bin


def held(unlocked: Unlocked) -> Archive:
    """The archive in one of its forms, without a lock of its own: it is held alone already."""
    return Archive(unlocked, unlocked.description.lock(unlocked.folder))


def refuse_damaged(damaged: Firsts[str]) -> None:
    """See that every file could be copied: one that couldn't would stay behind.

    Raises:
        Damaged: one sentence each for the first of them.
    """
    if damaged:
        rest = f" And {counted(damaged.more, 'more file')}." if damaged.more else ""
        raise Damaged(f"{' '.join(damaged.named)}{rest} Nothing was changed.")


def copy_files(source: Archive, target: Archive, begin: Begin) -> tuple[int, Firsts[str]]:
    """Write every blob and thumbnail in the other form; only the source's rows are read.

    Returns:
        How many images there are, and a sentence for each file that could not be written so.
    """
    images, damaged = 0, Firsts[str]()
    with begin("Writing", count(source)) as done, source.reading() as connection:
        for batch in pruned.with_files(connection, BATCH):
            keys = [pair for stored in batch for pair in _keys(stored)]
            blocked = target.vault.put(_read(source, keys, damaged))
            damaged.add(blocked.values())
            images += len(batch)
            done(len(batch))
    return images, damaged


def _read(
    source: Archive, keys: Iterable[tuple[Key, str | None]], damaged: Firsts[str]
) -> Iterator[tuple[Key, bytes]]:
    """The bytes of files, one by one; what is wrong with one is noted, so that all are named."""
    for key, expect in keys:
        try:
            yield key, source.vault.get(key, expect=expect)
        except Damaged as error:
            damaged.add([str(error)])


def verify(source: Archive, target: Archive, begin: Begin) -> Firsts[str]:
    """Read every file of the second form; what the disk spoiled is written again from the first.

    Returns a sentence for each that is damaged in both: `check --repair` marks it to be fetched.

    Raises:
        Unreadable: one can be read in neither form now, so its first may not be removed yet.
    """
    damaged = Firsts[str]()
    with begin("Reading it again", count(target)) as done, target.reading() as connection:
        for batch in pruned.with_files(connection, BATCH):
            for key, expect in (pair for stored in batch for pair in _keys(stored)):
                try:
                    target.vault.get(key, expect=expect)
                except Damaged as error:
                    try:
                        target.vault.put([(key, source.vault.get(key, expect=expect))])
                    except Unreadable:
                        raise
                    except Damaged:
                        damaged.add([str(error)])
            done(len(batch))
    return damaged


def _keys(stored: Stored) -> Iterator[tuple[Key, str | None]]:
    """The files of an image, each with the digest that it must have if it is not its name's."""
    image = stored.image
    if image.lost_at is None:
        yield Key(Kind.BLOB, image.digest, image.format), None
    if image.thumb_format is not None:
        yield Key(Kind.THUMB, image.digest, image.thumb_format), image.thumb_digest


def remove_others(archive: Archive) -> tuple[int, list[str]]:
    """Remove every file of the form that is not the archive's, and copies of the database.

    Files without rows too: nothing of an open archive may stay unencrypted.

    Returns how many files were removed, and what else lies there and is left: it is not ours, or a
    move has left it.
    """
    archive.sweep(alone=True)
    folder = DurableFolder(archive.folder)
    for path in list(archive.folder.iterdir()):
        folder.remove(path.name, ours.DATABASE_COPY)
    removed, left = 0, list[str]()
    for entry in archive.vault.others():
        if archive.vault.remove(entry.name):
            removed += 1
        else:
            left.append(entry.name)
    left += [path.name for path in archive.folder.iterdir() if not ours.is_ours(path.name)]
    return removed, left + _former(archive)


def _former(archive: Archive) -> list[str]:
    """The folders of files that a move has left here."""
    used = archive.vault.folders()
    former = (archive.folder / part for part in LINKABLE)
    return [
        each.name for each in former if each not in used and each.is_dir() and any(each.iterdir())
    ]
