"""Kept figures, best places and guests, from the rows: for `check` to compare and to repair."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace

from sqlalchemy import BigInteger, Connection, cast, func, select

from fapproc.db import (
    best_places,
    catalogue,
    counting,
    duplicates,
    figures,
    guests,
    images,
    kept_figures,
    observations,
)
from fapproc.db.dialect import total
from fapproc.db.figures import Figures
from fapproc.db.kept_figures import EXTREMES, HALF, LEAST, MOST, SPREADS, Holder, Totals
from fapproc.db.owners import row_of
from fapproc.db.schema.figures import OF_ALBUMS, OF_USERS
from fapproc.model import UserId


@dataclass(frozen=True, slots=True)
class Kept:
    """All kept figures: of the archive by name, of users, and of albums."""

    archive: Mapping[str, int]
    users: Mapping[UserId, Figures]
    albums: Mapping[tuple[UserId, int], Figures]


def counted(connection: Connection) -> Kept:
    """What the rows say."""
    users, albums = figures.of_users(connection), {}
    for user in catalogue.users(connection):
        gone = observations.count_gone_in_albums(connection, user.id)
        held = figures.of_albums(connection, user.id)
        for number in held.keys() | gone.keys():
            found = replace(held.get(number, Figures()), gone=gone.get(number, 0))
            albums[user.id, number] = found
    return Kept(_archive(connection), users, albums)


def stored(connection: Connection) -> Kept:
    """What is kept."""
    users = kept_figures.of_users(connection)
    albums = {
        (user, number): held
        for user in users
        for number, held in kept_figures.of_albums(connection, user).items()
    }
    return Kept(kept_figures.values(connection), users, albums)


def miscounted(connection: Connection) -> list[str]:
    """Whose kept figures are not what the rows say: `the archive`, users, albums.

    An image with another place than its best one counts for the archive, and so do guests.
    """
    rows, known = counted(connection), stored(connection)
    is_astray = any(best_places.all_astray(connection)) or any(guests.all_astray(connection))
    found = ["the archive"] * (is_astray or _something(rows.archive) != _something(known.archive))
    nothing = Figures()
    found += [
        f"user {user}"
        for user in sorted(rows.users.keys() | known.users.keys())
        if rows.users.get(user, nothing) != known.users.get(user, nothing)
    ]
    return found + [
        f"album {number} of user {user}"
        for user, number in sorted(rows.albums.keys() | known.albums.keys())
        if rows.albums.get((user, number), nothing) != known.albums.get((user, number), nothing)
    ]


def recount(connection: Connection) -> None:
    """Count everything again, and keep that."""
    counting.settle(connection)
    best_places.keep_all(connection)
    guests.keep_all(connection)
    rows = counted(connection)
    kept_figures.clear(connection)
    owners = {
        user.id: connection.execute(select(row_of(user.id))).scalar_one()
        for user in catalogue.users(connection)
    }
    found: dict[Holder, Mapping[str, int]] = {(): _something(rows.archive)}
    found |= {(owners[user],): _of(held, OF_USERS) for user, held in rows.users.items()}
    for (user, number), held in rows.albums.items():
        found[owners[user], number] = _of(held, OF_ALBUMS)
    kept_figures.change(connection, found)


def _of(held: Figures, names: tuple[str, ...]) -> dict[str, int]:
    values = asdict(held)
    return {name: values[name] for name in names}


def _something(values: Mapping[str, int]) -> dict[str, int]:
    """Figures without those of which there is nothing; the smallest of something may be 0."""
    ends = {form.format(figure) for figure in EXTREMES for form in (LEAST, MOST)}
    return {name: value for name, value in values.items() if value or name in ends}


def _archive(connection: Connection) -> dict[str, int]:
    grouped, groups, groups_waiting = duplicates.count_groups(connection)
    exact, exact_waiting = duplicates.count_exact(connection)
    totals = Totals(
        animated=images.count_animated(connection),
        unsound=images.count_unsound(connection),
        sightings=figures.count_sightings(connection),
        seen=figures.count_seen_images(connection),
        exact=exact,
        exact_waiting=exact_waiting,
        failures=figures.count_failures(connection),
        gone=observations.count_gone(connection),
        grouped=grouped,
        groups=groups,
        groups_waiting=groups_waiting,
    )
    values = {field.name: getattr(totals, field.name) for field in fields(totals)}
    for figure in EXTREMES:
        values |= _values(connection, figure)
    return values


def _values(connection: Connection, figure: str) -> dict[str, int]:
    """How many values there are of a figure, their sums, the smallest and the largest."""
    column = counting.COLUMNS[figure]
    squared = cast(column, BigInteger) * cast(column, BigInteger)
    high, low = squared // (1 << HALF), squared.op("&")((1 << HALF) - 1)
    sums = (total(column), total(high), total(low))
    query = select(func.count(column), *sums, func.min(column), func.max(column))
    count, together, highs, lows, least, most = connection.execute(query).one()
    if not count:
        return {}
    ends = {LEAST.format(figure): least, MOST.format(figure): most}
    if figure not in SPREADS:
        return ends
    squares = {figure: together, f"{figure}_high": highs, f"{figure}_low": lows}
    return {SPREADS[figure]: count, **squares, **ends}
