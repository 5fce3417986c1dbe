"""Tags: a tree of names, and the images that have each."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import (
    Connection,
    Integer,
    Select,
    and_,
    delete,
    func,
    literal,
    select,
    union_all,
    update,
)

from fapproc import names
from fapproc.db.bulk import among, read_many, write
from fapproc.db.dialect import Name, insert, numbers, total
from fapproc.db.schema import image, image_tag, tag
from fapproc.model import Tag


def tree(connection: Connection) -> list[Tag]:
    """Every tag with its lineage and what it holds; siblings by name, depth first."""
    query = (
        select(
            tag,
            func.count(image_tag.c.image_id).label("images"),
            total(image.c.bytes).label("bytes"),
        )
        .outerjoin(image_tag, image_tag.c.tag_id == tag.c.id)
        .outerjoin(image, image.c.id == image_tag.c.image_id)
        .group_by(tag.c.id)
        .order_by(tag.c.name_key)
    )
    children: dict[int | None, list[Tag]] = {}
    for row in connection.execute(query):
        found = Tag(row.id, row.parent_id, row.name, row.name, row.images, row.bytes)
        children.setdefault(row.parent_id, []).append(found)
    return list(_depth_first(children, None, ""))


def by_name(connection: Connection, name: str) -> int | None:
    """The tag of this name, however it is written; names are one in the whole tree."""
    rows = connection.execute(select(tag.c.id, tag.c.name))
    return next((row.id for row in rows if names.same(row.name, name)), None)


def create(connection: Connection, name: str, parent: int | None) -> int:
    """Add a tag under the lowest free id, which the statement finds as it writes."""
    first = select(literal(1).label("id"))
    near = union_all(first, select(tag.c.id + 1)).subquery()
    free = select(func.min(near.c.id)).where(near.c.id.not_in(select(tag.c.id)))
    values = (literal(parent, Integer), literal(name, Name), literal(name.casefold(), Name))
    row = select(free.scalar_subquery(), *values)
    columns = [tag.c.id, tag.c.parent_id, tag.c.name, tag.c.name_key]
    made = connection.execute(insert(tag).from_select(columns, row).returning(tag.c.id))
    return int(made.scalar_one())


def rename(connection: Connection, tag_id: int, name: str) -> None:
    """Give a tag another name."""
    values = {"name": name, "name_key": name.casefold()}
    connection.execute(update(tag).where(tag.c.id == tag_id).values(**values))


def move(connection: Connection, tag_id: int, parent: int | None) -> None:
    """Put a tag under another one, or to the top."""
    connection.execute(update(tag).where(tag.c.id == tag_id).values(parent_id=parent))


def delete_tag(connection: Connection, tag_id: int) -> None:
    """Delete a tag that has none under it; its images lose it."""
    connection.execute(delete(tag).where(tag.c.id == tag_id))


def put(connection: Connection, tag_id: int, name: str, parent: int | None) -> None:
    """Make a tag under this id again, or give it back its name and place."""
    values = {"name": name, "name_key": name.casefold(), "parent_id": parent}
    statement = insert(tag).values(id=tag_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


def carriers(
    connection: Connection, tag_id: int, images: Select[tuple[int]] | None = None
) -> list[int]:
    """The row numbers of the images that carry a tag: of these, or of all."""
    query = select(image_tag.c.image_id).where(image_tag.c.tag_id == tag_id)
    if images is not None:
        query = query.where(image_tag.c.image_id.in_(images))
    return [row[0] for rows in read_many(connection, query) for row in rows]


def lacking(connection: Connection, tag_id: int, images: Select[tuple[int]]) -> list[int]:
    """The row numbers of those of these images that don't carry a tag."""
    carried = select(image_tag.c.image_id).where(image_tag.c.tag_id == tag_id)
    query = select(image.c.id).where(image.c.id.in_(images), image.c.id.not_in(carried))
    return [row[0] for rows in read_many(connection, query) for row in rows]


def apply(connection: Connection, tag_id: int, images: Select[tuple[int]]) -> int:
    """Give the tag to images; returns how many did not have it."""
    rows = select(literal(tag_id), image.c.id).where(image.c.id.in_(images))
    statement = insert(image_tag).from_select([image_tag.c.tag_id, image_tag.c.image_id], rows)
    return write(connection, statement.on_conflict_do_nothing())


def apply_to(connection: Connection, tag_id: int, image_ids: Iterable[int]) -> int:
    """The same, to images by row number."""
    return apply(connection, tag_id, select(image.c.id).where(image.c.id.in_(list(image_ids))))


def clear(connection: Connection, tag_ids: Collection[int], images: Select[tuple[int]]) -> int:
    """Take tags from images; returns how many of these had any."""
    carried = and_(image_tag.c.tag_id.in_(tag_ids), image_tag.c.image_id.in_(images))
    had = connection.execute(select(func.count(image_tag.c.image_id.distinct())).where(carried))
    connection.execute(delete(image_tag).where(carried))
    return int(had.scalar_one())


def hand_on(connection: Connection, kept: Mapping[int, int]) -> dict[int, list[tuple[int, int]]]:
    """Give the tags of images to those that are kept for them; by image, tags newly given."""
    query = select(image_tag.c.image_id, image_tag.c.tag_id)
    everyone = numbers({*kept, *kept.values()})
    carried = {
        (row.image_id, row.tag_id)
        for row in connection.execute(query.where(image_tag.c.image_id.in_(everyone)))
    }
    given: dict[int, list[tuple[int, int]]] = {}
    for number, tag_id in sorted(carried):
        if number in kept and (kept[number], tag_id) not in carried:
            given.setdefault(number, []).append((kept[number], tag_id))
    rows = [{"image_id": n, "tag_id": tag_id} for each in given.values() for n, tag_id in each]
    if rows:
        connection.execute(insert(image_tag).on_conflict_do_nothing(), rows)
    return given


def tags_of(
    connection: Connection, image_ids: Sequence[int], known: Mapping[int, str] | None = None
) -> dict[int, list[str]]:
    """The lineages of each image's tags, sorted; `known`: those of all tags, where these were read.

    An image without a tag is not there; others between these may be.
    """
    known = paths(connection) if known is None else known
    if not known or not image_ids:
        return {}
    query = select(image_tag.c.image_id, image_tag.c.tag_id)
    found: dict[int, list[str]] = {}
    for rows in read_many(connection, query.where(among(image_tag.c.image_id, image_ids))):
        for number, tag_id in rows:
            found.setdefault(number, []).extend([known[tag_id]] * (tag_id in known))
    for lineages in found.values():
        lineages.sort()
    return found


def paths(connection: Connection) -> dict[int, str]:
    """The lineage of each tag, by its number."""
    return {entry.id: entry.path for entry in lines(connection)}


def ids_of(connection: Connection, image_ids: Iterable[int]) -> dict[int, set[int]]:
    """The ids of each image's own tags."""
    found: dict[int, set[int]] = {image_id: set() for image_id in image_ids}
    query = select(image_tag.c.image_id, image_tag.c.tag_id).where(
        image_tag.c.image_id.in_(numbers(found))
    )
    for rows in read_many(connection, query):
        for image_id, tag_id in rows:
            found[image_id].add(tag_id)
    return found


def lines(connection: Connection) -> list[Tag]:
    """Every tag with its lineage, siblings by name, depth first; without figures.

    Costs what the tree does, not what it holds.
    """
    rows = connection.execute(select(tag).order_by(tag.c.name_key))
    children: dict[int | None, list[Tag]] = {}
    for row in rows:
        found = Tag(row.id, row.parent_id, row.name, row.name)
        children.setdefault(row.parent_id, []).append(found)
    return list(_depth_first(children, None, ""))


def branch(connection: Connection, tag_id: int) -> list[Tag]:
    """A tag and all under it, depth first, with lineages and without figures; empty: no such."""
    found = lines(connection)
    top = next((entry for entry in found if entry.id == tag_id), None)
    if top is None:
        return []
    return [top, *(entry for entry in found if entry.path.startswith(f"{top.path}/"))]


def above(connection: Connection, tag_id: int) -> list[Tag]:
    """The tags that a tag stands under, the highest first; without figures."""
    found = {entry.id: entry for entry in lines(connection)}
    line: list[Tag] = []
    parent = found[tag_id].parent
    while parent is not None:
        line.append(found[parent])
        parent = found[parent].parent
    return line[::-1]


def count_images(connection: Connection, tag_ids: Sequence[int]) -> int:
    """How many images carry at least one of these tags."""
    query = select(func.count(image_tag.c.image_id.distinct()))
    return int(connection.execute(query.where(image_tag.c.tag_id.in_(tag_ids))).scalar_one())


def count_branches(connection: Connection) -> dict[int, int]:
    """How many images carry each tag or one under it; a tag that none carries is not there."""
    top = select(tag.c.id.label("top"), tag.c.id.label("id")).cte("branch", recursive=True)
    branches = top.union_all(select(top.c.top, tag.c.id).where(tag.c.parent_id == top.c.id))
    query = (
        select(branches.c.top, func.count(image_tag.c.image_id.distinct()))
        .join(image_tag, image_tag.c.tag_id == branches.c.id)
        .group_by(branches.c.top)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def count_tagged(connection: Connection) -> int:
    """How many images carry any tag."""
    query = select(func.count(image_tag.c.image_id.distinct()))
    return int(connection.execute(query).scalar_one())


def count_each(connection: Connection, images: Select[tuple[int]]) -> dict[int, int]:
    """How many of these images carry each tag itself."""
    query = select(image_tag.c.tag_id, func.count()).where(image_tag.c.image_id.in_(images))
    return {row[0]: row[1] for row in connection.execute(query.group_by(image_tag.c.tag_id))}


def _depth_first(
    children: dict[int | None, list[Tag]], parent: int | None, lineage: str
) -> Iterable[Tag]:
    for child in sorted(children.get(parent, ()), key=lambda each: names.in_order(each.name)):
        path = f"{lineage}/{child.name}" if lineage else child.name
        yield Tag(child.id, child.parent, child.name, path, child.images, child.bytes)
        yield from _depth_first(children, child.id, path)
