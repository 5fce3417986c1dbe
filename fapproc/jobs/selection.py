"""Which images a person means by what was typed: one rule for every command. Only reads rows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from fapproc import names
from fapproc.archive import Archive
from fapproc.db import catalogue, images, selected, tags
from fapproc.db.images import Stored
from fapproc.db.searched import Word
from fapproc.db.selected import Chosen
from fapproc.errors import FapError, UsageProblem
from fapproc.model import Album, Tag, UserId
from fapproc.selections.grammar import digest as as_digest
from fapproc.selections.selection import Selection, Tagged
from fapproc.wording import DIGITS, moment, short

_WHOLE = 64
_ALL = "'fapproc list' shows all images."


def image(connection: Connection, typed: str) -> Stored:
    """Find the image of this digest, or the only one whose digest begins so, in any case.

    Raises:
        UsageProblem: it is neither a digest nor the beginning of one.
        FapError: no image has it, or several have.
    """
    digits = as_digest(typed)
    found = images.by_prefix(connection, digits)
    if not found:
        raise FapError(f"{_pruned(connection, digits)} {_ALL}")
    if len(found) > 1:
        one, other = (each.image.digest for each in found)
        enough = next(n for n in range(DIGITS, _WHOLE + 1) if one[:n] != other[:n])
        raise FapError(
            f"Several images begin with {digits}, {one[:enough]} and {other[:enough]} among them: "
            f"type more digits. {_ALL}"
        )
    return found[0]


def _pruned(connection: Connection, digits: str) -> str:
    """Why no image has a digest: one has had it, or none."""
    from fapproc.db import pruned  # with all that stands in groups: 10 ms, for what is rarely asked

    for each in pruned.by_prefix(connection, digits):
        shown, kept = short(each.stored.image.digest), short(each.kept)
        told = f"Image {shown} was pruned on {moment(each.at)}, as {kept} is kept."
        if each.state is not pruned.State.BIN:
            return told
        return f"{told} It is in the bin: 'fapproc undo {each.decision}' brings it back."
    return f"No image whose digest begins with {digits}."


def sifted(archive: Archive, selection: Selection) -> tuple[Selection, list[str]]:
    """The selection without what is no image of its list; and a sentence for each of these."""
    if selection.listed is None:
        return selection, []
    kept, passed_over = dict[str, None](), []
    with archive.reading() as connection:
        whole = [each for each in selection.listed if len(each) == _WHOLE]
        known = images.numbers_of(connection, whole)
        for line in selection.listed:
            try:
                kept[line if line in known else image(connection, line).image.digest] = None
            except FapError as error:
                passed_over.append(str(error))
    return replace(selection, listed=tuple(kept)), passed_over


def resolve(connection: Connection, selection: Selection) -> Chosen:
    """Look up whom and what a selection names.

    Raises:
        FapError: no such image, user, album or tag, or several images.
    """
    users = tuple(_users(connection, selection.users)) if selection.users else None
    albums = _albums(connection, selection.albums, users) if selection.albums else None
    return Chosen(
        selection,
        images=_images(connection, selection),
        users=users if albums is None else None,
        albums=albums,
        tags=[_branch(connection, tagged) for tagged in selection.tags],
        words=[Word(word, _tags_with(connection, word)) for word in _each(selection.words)],
    )


def batches(connection: Connection, selection: Selection) -> Iterator[list[Stored]]:
    """The images of a selection by row number, in stretches.

    Raises:
        FapError: the selection names what isn't there.
    """
    for rows in selected.read(connection, resolve(connection, selection)):
        found = images.by_ids(connection, [row[0] for row in rows])
        yield [found[row[0]] for row in rows]


def something(selection: Selection) -> Selection:
    """The selection, for a command that changes what it means.

    Raises:
        UsageProblem: it says nothing, which would mean every image.
    """
    if selection.says_nothing:
        raise UsageProblem(
            "No images were chosen. Name them by their digests, or with --user, --album, --tag, "
            "--query or --in, or say --all; 'fapproc list' with the same words shows which."
        )
    return selection


def tag(connection: Connection, named: str | int) -> Tag:
    """The tag of this number; or of a path, a name, which is one in the whole tree, or `#NUMBER`.

    A program that knows the number gives that: the tag may be called something else meanwhile, and
    another one what it was called.

    Raises:
        FapError: there is none.
    """
    every = tags.tree(connection)
    found = _tag(every, named)
    if found is None:
        raise _no_tag(named, every)
    return found


def no_user(connection: Connection, typed: str | int) -> FapError:
    """What is said where the archive has no user of this name or number."""
    meant = names.meant(str(typed), (user.name for user in catalogue.users(connection)))
    return FapError(
        f"The archive has no user {names.quoted(typed)}.{meant} 'fapproc print' lists all."
    )


def _images(connection: Connection, selection: Selection) -> Sequence[int] | None:
    if not selection.digests and selection.listed is None:
        return None
    typed = (*selection.digests, *(selection.listed or ()))
    known = images.numbers_of(connection, [each for each in typed if len(each) == _WHOLE])
    numbers = (known[each] if each in known else image(connection, each).id for each in typed)
    return list(dict.fromkeys(numbers))


def _users(connection: Connection, typed: Iterable[str]) -> list[UserId]:
    every = catalogue.users(connection)
    sources = list(dict.fromkeys(user.id.source for user in every))
    found: list[UserId] = []
    for name in typed:
        these = [user.id for user in every if f"#{user.id}" == name.lower()]
        these = these or [user.id for user in every if names.same(user.name, name)]
        former = (catalogue.user_by_name(connection, name, source) for source in sources)
        these = these or [user.id for user in former if user]
        these = these or [user.id for user in every if name.lower() in _numbers(user.id)]
        if not these:
            raise no_user(connection, name)
        found += these
    return list(dict.fromkeys(found))


def _numbers(user: UserId) -> set[str]:
    """How a user may be named without the name."""
    return {str(user), str(user.number)}


def _albums(
    connection: Connection, typed: Iterable[str], users: Sequence[UserId] | None
) -> list[tuple[UserId, int]]:
    every = [
        album for album in catalogue.albums(connection) if users is None or album.user in users
    ]
    found: list[Album] = []
    for name in typed:
        these = [album for album in every if names.same(album.name, name)]
        these = these or [album for album in every if str(album.id) == name]
        if not these:
            whose = " of these users" if users is not None else ""
            meant = names.meant(name, (album.name for album in every))
            raise FapError(
                f"The archive has no album {names.quoted(name)}{whose}.{meant} 'fapproc print' "
                "lists all."
            )
        found += these
    return list(dict.fromkeys((album.user, album.id) for album in found))


def _branch(connection: Connection, tagged: Tagged) -> tuple[frozenset[int], bool]:
    every = tags.lines(connection)
    found = _tag(every, tagged.tag)
    if found is None:
        raise _no_tag(tagged.tag, every)
    ids = {found.id}
    if tagged.children:
        ids |= {each.id for each in every if each.path.startswith(f"{found.path}/")}
    return frozenset(ids), tagged.wanted


def _each(words: Iterable[str]) -> list[str]:
    """What was typed, a word each: all of them must be found."""
    return list(dict.fromkeys(word for typed in words for word in typed.split()))


def _tags_with(connection: Connection, word: str) -> list[int]:
    wanted = names.key(word)
    return [each.id for each in tags.lines(connection) if wanted in names.key(each.path)]


def _tag(every: Sequence[Tag], named: str | int) -> Tag | None:
    if isinstance(named, int):
        return next((each for each in every if each.id == named), None)
    wanted = names.key(named.strip("/"))
    found = [each for each in every if f"#{each.id}" == named]  # of a tag called so: /#1
    found += [each for each in every if wanted in {names.key(each.path), names.key(each.name)}]
    return next(iter(found), None)


def _no_tag(named: str | int, every: Sequence[Tag]) -> FapError:
    path = f"#{named}" if isinstance(named, int) else named
    own = "/" not in path.strip("/")
    meant = names.meant(path, (each.name if own else each.path for each in every))
    return FapError(
        f"The archive has no tag {names.quoted(path)}.{meant} 'fapproc tag list' shows all, "
        "'fapproc tag create PATH' makes one."
    )
