"""Packs an image's row and all rows that refer to it as JSON, and puts them back.

The schema says which tables refer to it, so a new table is packed from its first day. The whole
group of the image is packed too, as it may end without the image. Places are not: they stay.
"""

from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    LargeBinary,
    Select,
    Table,
    delete,
    or_,
    select,
)

from fapproc.db.dialect import insert, numbers
from fapproc.db.schema import (
    duplicate_group,
    former_verdict,
    group_member,
    image,
    listing,
    metadata,
    same_class,
    sameness,
)

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""By table, rows by column."""
_OF_GROUPS = {
    duplicate_group: duplicate_group.c.id,
    group_member: group_member.c.group_id,
    sameness: sameness.c.group_id,
    same_class: same_class.c.group_id,
}


def pack(connection: Connection, image_ids: Sequence[int]) -> dict[int, dict[str, list[Any]]]:
    """By image, the rows of each table that hang on it; rows of two images are in both."""
    packed: dict[int, dict[str, list[Any]]] = {each: defaultdict(list) for each in image_ids}
    for table, columns in _hanging():
        query = select(table).where(or_(*(each.in_(numbers(image_ids)) for each in columns)))
        for row in connection.execute(query).mappings():
            for number in {row[each] for each in columns} & packed.keys():
                packed[number][table.name].append(_plain(table, row))
    members = select(group_member.c.image_id, group_member.c.group_id)
    here = members.where(group_member.c.image_id.in_(numbers(image_ids)))
    groups = {row.image_id: row.group_id for row in connection.execute(here)}
    for table, column in _OF_GROUPS.items():
        found = defaultdict[int, list[Any]](list)
        wanted = select(table).where(column.in_(numbers(set(groups.values()))))
        for row in connection.execute(wanted).mappings():
            found[row[column]].append(_plain(table, row))
        for number, group in groups.items():
            known = packed[number][table.name]
            known += [each for each in found[group] if each not in known]
    return packed


def groups_of(rows: Rows) -> set[int]:
    """The groups that packed rows are of."""
    return {each["id"] for each in rows.get(duplicate_group.name, ())}


def put_back(connection: Connection, parcels: Sequence[Rows]) -> None:
    """Write packed rows again: but for those that stand there, or name what is there no more.

    What was said since of an image that was left alone in its group stands.
    """
    for table in metadata.sorted_tables:
        rows = _unlike(_read(table, row) for each in parcels for row in each.get(table.name, ()))
        if table is group_member:
            _join_again(connection, rows)
        for row in _standing(connection, table, rows):
            connection.execute(insert(table).on_conflict_do_nothing(), row)


def _unlike(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each row once: a group of n images is in the parcel of each of them."""
    return list({tuple(row.items()): row for row in rows}.values())


def _join_again(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Take for verdicts what was said of images while they were in no group."""
    wanted = numbers({row["image_id"] for row in rows})
    former = former_verdict.c.image_id.in_(wanted)
    query = select(former_verdict.c.image_id, former_verdict.c.verdict).where(former)
    said = {row.image_id: row.verdict for row in connection.execute(query)}
    for row in rows:
        row["verdict"] = said.get(row["image_id"], row["verdict"])
    connection.execute(delete(former_verdict).where(former))


def _hanging() -> Iterator[tuple[Table, list[Column[Any]]]]:
    """Every table with the columns that name an image; the image's own first."""
    yield image, [image.c.id]
    for table in metadata.sorted_tables:
        columns = [key.parent for key in table.foreign_keys if key.column is image.c.id]
        if columns and table is not listing:
            yield table, sorted(columns, key=lambda each: each.name)


def _standing(
    connection: Connection, table: Table, rows: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Those of the rows that name only what is there."""
    left = list(rows)
    for key in table.foreign_keys:
        name = key.parent.name
        named = {row[name] for row in left if row[name] is not None}
        parent: Select[Any] = select(key.column).where(key.column.in_(numbers(named)))
        there = set(connection.scalars(parent)) if named else set()
        left = [row for row in left if row[name] is None or row[name] in there]
    return left


def _plain(table: Table, row: Mapping[Any, Any]) -> dict[str, Any]:
    return {
        column.name: b64encode(row[column]).decode()
        if _is_bytes(column, row[column])
        else row[column]
        for column in table.columns
    }


def _read(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """A packed row as the table has it today: columns that it lacks are left to their defaults."""
    return {
        column.name: b64decode(row[column.name])
        if _is_bytes(column, row[column.name])
        else row[column.name]
        for column in table.columns
        if column.name in row
    }


def _is_bytes(column: Column[Any], value: object) -> bool:
    return isinstance(column.type, LargeBinary) and value is not None
