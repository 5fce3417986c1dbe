"""Users belong to a source; user 1 was LOCAL DISK, and the site's own user 1 beside it."""

import json
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_HASHED = 2**40
"""Album ids of the disk are hashes of 63 bits, of which one in eight million is lower than this."""

_DISK_NAME = "LOCAL DISK"


def upgrade() -> None:
    """Row numbers stay what they are, so that no listing is written again."""
    op.create_table(
        "user_by_source",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), nullable=False),
        sa.Column("albums_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=False),
        sa.Column("audited_at", sa.BigInteger(), nullable=False),
        sa.Column("audit_since", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("source", "number", name=op.f("uq_user_source_number")),
    )
    kept = "name, name_key, albums_at, finished_at, audited_at, audit_since"
    op.execute(
        f"INSERT INTO user_by_source (id, source, number, {kept})"  # noqa: S608 - text of our own
        f" SELECT id, 'site', id, {kept} FROM user"
    )
    op.drop_table("user")
    op.rename_table("user_by_source", "user")
    op.create_index(op.f("ix_user_name_key"), "user", ["name_key"], unique=False)
    _part_first_user(op.get_bind())
    _name_places_by_source(op.get_bind())


def _part_first_user(connection: sa.Connection) -> None:
    """Give the disk what was imported, and the site's user 1 what was crawled.

    A crawl sets `albums_at`, an import none of the times. An earlier program renamed one user for
    the other, so the site's name may be left among the former ones alone, in small letters; the
    next crawl brings its spelling.
    """
    row = connection.execute(sa.text("SELECT * FROM user WHERE id = 1")).first()
    if row is None:
        return
    hashed = sa.text(f"SELECT 1 FROM album WHERE user_id = 1 AND id >= {_HASHED}")  # noqa: S608 - text of our own
    imported = connection.scalar(hashed) is not None
    crawled = row.albums_at > 0
    if not imported and (crawled or row.name != _DISK_NAME):
        return
    former = _former_names(connection)
    name = next((key for key, of in former.items() if of == 1 and key != _DISK_NAME.lower()), "1")
    name = name if row.name == _DISK_NAME else row.name
    _become_disk(connection)
    moved = _move_crawled(connection, row, name) if crawled else None
    left = {key: moved if of == 1 else of for key, of in former.items()}
    left = {key: of for key, of in left.items() if of is not None and key != name.casefold()}
    left.pop(_DISK_NAME.lower(), None)
    connection.execute(
        sa.text("UPDATE setting SET value = :value WHERE name = 'former_names'"),
        {"value": json.dumps(left, sort_keys=True)},
    )


def _become_disk(connection: sa.Connection) -> None:
    connection.execute(
        sa.text(
            "UPDATE user SET source = 'disk', name = :name, name_key = :key, albums_at = 0,"
            " finished_at = 0, audited_at = 0, audit_since = NULL WHERE id = 1"
        ),
        {"name": _DISK_NAME, "key": _DISK_NAME.casefold()},
    )


def _move_crawled(connection: sa.Connection, row: sa.Row[tuple[object, ...]], name: str) -> int:
    connection.execute(
        sa.text(
            "INSERT INTO user (source, number, name, name_key, albums_at, finished_at, audited_at,"
            " audit_since) VALUES ('site', 1, :name, :key, :albums, 0, 0, NULL)"
        ),
        {"name": name, "key": name.casefold(), "albums": row.albums_at},
    )
    found = connection.scalar(sa.text("SELECT id FROM user WHERE source = 'site' AND number = 1"))
    moved = int(found or 0)
    for table, album in (
        ("album", "id"),
        ("listing", "album_id"),
        ("observation", "album_id"),
        ("gone", "album_id"),
    ):
        connection.execute(
            sa.text(
                f"UPDATE {table} SET user_id = :moved"  # noqa: S608 - names of our own
                f" WHERE user_id = 1 AND {album} < {_HASHED}"
            ),
            {"moved": moved},
        )
    return moved


def _former_names(connection: sa.Connection) -> dict[str, int]:
    """Users by the names that they had before: numbers then, row numbers from now on."""
    value = connection.scalar(sa.text("SELECT value FROM setting WHERE name = 'former_names'"))
    return dict(json.loads(value)) if value else {}


def _name_places_by_source(connection: sa.Connection) -> None:
    """The log of decisions names the user of a place as text: a number, or the disk."""
    rows = connection.execute(sa.text("SELECT id, before, after FROM decision")).all()
    for row in rows:
        values = {"before": _renamed(row.before), "after": _renamed(row.after)}
        statement = "UPDATE decision SET before = :before, after = :after WHERE id = :id"
        connection.execute(sa.text(statement), {"id": row.id, **values})


def _renamed(text: str) -> str:
    state = json.loads(text)
    if "places" in state:
        state["places"] = sorted(_renamed_places(state["places"]))
    return json.dumps(state, sort_keys=True)


def _renamed_places(places: list[list[object]]) -> Iterator[list[object]]:
    for digest, user, album, image, verdict in places:
        on_disk = user == 1 and isinstance(album, int) and album >= _HASHED
        yield [digest, "disk" if on_disk else str(user), album, image, verdict]
