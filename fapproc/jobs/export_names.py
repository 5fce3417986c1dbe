"""Which pictures go into which folder of an export, in which order, and under which names."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from fapproc.db import catalogue, judgements, tags
from fapproc.db import places as place_rows
from fapproc.db.images import Stored
from fapproc.filenames import apart, cut, safe_name, safe_picture_name, twin
from fapproc.jobs import selection as selections
from fapproc.model import Sighting, Tag, UserId, Verdict
from fapproc.selections.selection import Selection, Tagged

_BATCH = 500
_WEIGHT = {Verdict.KEEP: 0, Verdict.NEW: 1, Verdict.FALSE: 1, Verdict.SKIP: 2}


@dataclass(frozen=True, slots=True)
class Entry:
    """A picture in a folder of an export, by one of its places if it has any."""

    folder: str
    stored: Stored
    sighting: Sighting | None


def by_tags(
    connection: Connection, selection: Selection, *, skipped: bool
) -> tuple[list[Entry], list[str], int]:
    """Pictures by tag: each tag's own, those under it in folders of theirs.

    Returns:
        The entries, every folder in order, and how many pictures were left out as skipped.

    Raises:
        FapError: the selection names what isn't there.
    """
    wanted = [each for each in selection.tags if each.wanted]
    rest = tuple(each for each in selection.tags if not each.wanted)
    chosen: Iterable[Tag] = (selections.tag(connection, each.tag) for each in wanted)
    if not wanted:
        chosen = tags.tree(connection)
    entries: list[Entry] = []
    folders: list[str] = []
    left: set[int] = set()
    for tag in chosen:
        folder = "/".join(map(safe_name, tag.path.split("/")))
        folders.append(folder)
        here = replace(selection, tags=(Tagged(tag.id, children=False), *rest))
        found = list(_seen(connection, here, left, skipped=skipped))
        ordered = sorted(found, key=lambda each: _rank(_best(each[1])))
        entries += (Entry(folder, stored, _best(seen)) for stored, seen in ordered)
    return entries, folders, len(left)


def by_albums(
    connection: Connection, selection: Selection, *, skipped: bool
) -> tuple[list[Entry], list[str], int]:
    """Pictures by user and album; each at its best place, or at all of albums that were named.

    Returns:
        As `by_tags`.

    Raises:
        FapError: the selection names what isn't there.
    """
    meant = selections.resolve(connection, selection)
    left: set[int] = set()
    placed: list[tuple[Stored, Sighting | None]] = []
    for stored, seen in _seen(connection, selection, left, skipped=skipped):
        here = [
            each
            for each in seen
            if meant.albums is None or (each.place.user, each.place.album) in meant.albums
            if meant.users is None or each.place.user in meant.users
            if skipped or each.verdict is not Verdict.SKIP
        ]
        is_named = meant.albums is not None or meant.users is not None
        placed += ((stored, each) for each in (here if is_named else [_best(seen)]))
    placed.sort(key=lambda pair: _rank(pair[1]))
    keys = {(each.place.user, each.place.album) for _, each in placed if each is not None}
    named = catalogue.names_of(connection, keys)
    folders = _folders(named)
    entries = [
        Entry(folders[each.place.user, each.place.album] if each else "-", stored, each)
        for stored, each in placed
    ]
    return entries, list(dict.fromkeys(entry.folder for entry in entries)), len(left)


def named(entries: Sequence[Entry], longest: int, *, renumber: bool) -> Iterator[tuple[Entry, str]]:
    """Name each file below the export's folder; no two are one on any disk."""
    taken: set[str] = set()
    numbers: defaultdict[str, int] = defaultdict(int)
    for entry in entries:
        folder = "/".join(cut(part, longest) for part in entry.folder.split("/"))
        numbers[folder] += 1
        name = _file_name(entry.stored, entry.sighting)
        name = cut(f"{numbers[folder]:05}-{name}" if renumber else name, longest)
        for digits in (8, 64):
            if twin(f"{folder}/{name}") in taken:
                name = apart(name, entry.stored.image.digest[:digits], longest)
        taken.add(twin(f"{folder}/{name}"))
        yield entry, f"{folder}/{name}"


def _seen(
    connection: Connection, selection: Selection, left: set[int], *, skipped: bool
) -> Iterator[tuple[Stored, list[Sighting]]]:
    """Images with their places; without skipped ones, which are added to those left out."""
    for batch in selections.batches(connection, selection):
        numbers = [stored.id for stored in batch]
        seen = place_rows.sightings_of(connection, numbers)
        judged = judgements.verdicts_of(connection, numbers)
        for stored in batch:
            places = seen[stored.id]
            everywhere = {each.verdict for each in places} == {Verdict.SKIP}
            if not skipped and (everywhere or judged.get(stored.id) is Verdict.SKIP):
                left.add(stored.id)
            else:
                yield stored, places


def _best(sightings: Sequence[Sighting]) -> Sighting | None:
    """The first place that is to be kept, else the first that is not skipped."""
    return min(sightings, key=lambda each: _WEIGHT.get(each.verdict, 1), default=None)


def _rank(sighting: Sighting | None) -> tuple[bool, UserId, int, int]:
    if sighting is None:
        return (True, UserId(0), 0, 0)
    return (False, sighting.place.user, sighting.place.album, sighting.position)


def _folders(
    named: dict[tuple[UserId, int], tuple[str, str]],
) -> dict[tuple[UserId, int], str]:
    """A folder for each album, below one for its user; those of one name get their number."""
    found: dict[tuple[UserId, int], str] = {}
    taken: set[str] = set()
    for key, (user, album) in sorted(named.items()):
        folder = f"{safe_name(user)}/{safe_name(album)}"
        if twin(folder) in taken:
            folder = f"{safe_name(user)}/{safe_name(f'{album} {key[1]}')}"
        taken.add(twin(folder))
        found[key] = folder
    return found


def _file_name(stored: Stored, sighting: Sighting | None) -> str:
    """The picture's own name; its id, or its digest, where it has none."""
    if sighting is None:
        return f"{stored.image.digest[:16]}.{stored.image.format}"
    if sighting.name is None:
        return f"{sighting.place.image}.{stored.image.format}"
    return safe_picture_name(sighting.name, stored.image.format)
