"""Figures of albums, users and the whole archive are kept, counted here from the rows."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_OF_USERS = ("images", "places", "animated", "failures", "bytes", "thumb_bytes")
_IS_GONE = """EXISTS (SELECT 1 FROM gone g JOIN "user" o ON o.id = g.user_id
    WHERE g.site_id = l.site_id AND o.source = u.source)"""
_HAS_FAILED = """(l.image_id IS NULL AND l.reason IS NOT NULL
    OR l.image_id IN (SELECT id FROM image WHERE unsound IS NOT NULL))"""
_SHOWN = """listing l JOIN "user" u ON u.id = l.user_id
    JOIN album a ON a.user_id = l.user_id AND a.id = l.album_id"""  # some may dangle
_SIDES = """CASE WHEN i.animated THEN 1 ELSE 0 END AS animated, i.bytes AS bytes,
    coalesce(i.thumb_bytes, 0) AS thumb_bytes"""
_OF_ALBUMS = f"""
    INSERT INTO album_figures (user_id, album_id, {", ".join(_OF_USERS)}, gone)
    SELECT user_id, album_id, {", ".join(f"sum({name})" for name in _OF_USERS)}, sum(gone) FROM (
        SELECT user_id, album_id, 1 AS images, places, {_SIDES}, 0 AS failures, gone FROM (
            SELECT l.user_id, l.album_id, l.image_id, count(*) AS places,
                sum(CASE WHEN {_IS_GONE} THEN 1 ELSE 0 END) AS gone
            FROM {_SHOWN} WHERE l.image_id IS NOT NULL
            GROUP BY l.user_id, l.album_id, l.image_id
        ) AS held JOIN image i ON i.id = held.image_id
        UNION ALL
        SELECT l.user_id, l.album_id, 0, 0, 0, 0, 0, 1, 0 FROM {_SHOWN} WHERE {_HAS_FAILED}
    ) AS each_one GROUP BY user_id, album_id"""  # noqa: S608 - text of our own
_OF_USERS_FILLED = f"""
    INSERT INTO user_figures (user_id, {", ".join(_OF_USERS)})
    SELECT user_id, {", ".join(f"sum({name})" for name in _OF_USERS)} FROM (
        SELECT user_id, 1 AS images, places, {_SIDES}, 0 AS failures FROM (
            SELECT l.user_id, l.image_id, count(*) AS places FROM {_SHOWN}
            WHERE l.image_id IS NOT NULL GROUP BY l.user_id, l.image_id
        ) AS held JOIN image i ON i.id = held.image_id
        UNION ALL
        SELECT l.user_id, 0, 0, 0, 0, 0, count(DISTINCT l.site_id) FROM {_SHOWN}
        WHERE {_HAS_FAILED} GROUP BY l.user_id
    ) AS each_one GROUP BY user_id"""  # noqa: S608 - text of our own
_TWICE = """SELECT image_id FROM listing WHERE image_id IS NOT NULL
    GROUP BY image_id HAVING count(*) > 1"""
_ARCHIVE = {
    "animated": "SELECT count(*) FROM image WHERE animated",
    "unsound": "SELECT count(*) FROM image WHERE unsound IS NOT NULL",
    "sightings": "SELECT count(image_id) FROM listing",
    "seen": "SELECT count(DISTINCT image_id) FROM listing",
    "exact": f"SELECT count(*) FROM ({_TWICE}) AS twice",  # noqa: S608 - text of our own
    "exact_waiting": f"""SELECT count(DISTINCT image_id) FROM listing
        WHERE verdict = 'new' AND image_id IN ({_TWICE})""",  # noqa: S608 - text of our own
    "failures": f"""SELECT count(*) FROM (SELECT DISTINCT u.source, l.site_id
        FROM listing l JOIN "user" u ON u.id = l.user_id WHERE {_HAS_FAILED}) AS failed""",  # noqa: S608 - text of our own
    "gone": f"""SELECT count(DISTINCT l.image_id) FROM listing l JOIN "user" u ON u.id = l.user_id
        WHERE l.image_id IS NOT NULL AND {_IS_GONE}""",  # noqa: S608 - text of our own
    "grouped": "SELECT count(*) FROM group_member",
    "groups": "SELECT count(DISTINCT group_id) FROM group_member",
    "groups_waiting": """SELECT count(*) FROM duplicate_group WHERE to_look
        OR id IN (SELECT group_id FROM group_member WHERE verdict = 'new')""",
}
_SPREADS = {
    "bytes": ("images", "bytes"),
    "thumb_bytes": ("thumbs", "thumb_bytes"),
    "pixels": ("sized", "(CAST(width AS BIGINT) * height)"),
    "fetched": (None, "fetched_at"),
}


def upgrade() -> None:
    _tables()
    connection = op.get_bind()
    connection.execute(sa.text(_OF_ALBUMS))
    connection.execute(sa.text(_OF_USERS_FILLED))
    found = {name: connection.execute(sa.text(query)).scalar() for name, query in _ARCHIVE.items()}
    for figure, (count, value) in _SPREADS.items():
        query = f"""SELECT count({value}), sum({value}), sum({value} * {value} >> 32),
            sum({value} * {value} & 4294967295), min({value}), max({value}) FROM image"""  # noqa: S608 - text of our own
        row = connection.execute(sa.text(query)).one()
        if row[0]:
            found |= {f"{figure}_least": row[4], f"{figure}_most": row[5]}
        if row[0] and count is not None:
            sums = (figure, f"{figure}_high", f"{figure}_low")
            found |= {count: row[0]} | dict(zip(sums, map(int, row[1:4]), strict=True))
    kept = [
        {"name": name, "value": int(value)} for name, value in found.items() if value is not None
    ]
    add = sa.text("INSERT INTO archive_figure (name, value) VALUES (:name, :value)")
    if kept:
        connection.execute(add, kept)


def _tables() -> None:
    figures = [sa.Column(name, sa.BigInteger(), nullable=False) for name in (*_OF_USERS, "gone")]
    op.create_table(
        "album_figures",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("album_id", sa.BigInteger(), autoincrement=False, nullable=False),
        *figures,
        sa.PrimaryKeyConstraint("user_id", "album_id", name=op.f("pk_album_figures")),
    )
    op.create_table(
        "user_figures",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        *[sa.Column(name, sa.BigInteger(), nullable=False) for name in _OF_USERS],
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_figures")),
    )
    op.create_table(
        "archive_figure",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_archive_figure")),
    )
