"""Figures of albums, users and the whole archive: derived, and updated with each change of rows.

There is no foreign key to the album or user: if these are gone the row says 0, which is harmless.
"""

from sqlalchemy import BigInteger, Column, Table

from fapproc.db.dialect import WORD
from fapproc.db.schema.kept import metadata

OF_USERS = ("images", "places", "animated", "failures", "bytes", "thumb_bytes")
OF_ALBUMS = (*OF_USERS, "gone")


def _columns(names: tuple[str, ...]) -> list[Column[int]]:
    return [Column(name, BigInteger, nullable=False) for name in names]


album_figures = Table(
    "album_figures",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("album_id", BigInteger, primary_key=True, autoincrement=False),
    *_columns(OF_ALBUMS),
)

user_figures = Table(
    "user_figures",
    metadata,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    *_columns(OF_USERS),
)

archive_figure = Table(
    "archive_figure",
    metadata,
    Column("name", WORD, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
