"""The files of a SQLite database and its logs: what else may be in their places, and copies."""

import os
from pathlib import Path

import sqlcipher3.dbapi2 as driver

from fapproc import disk, ours
from fapproc.errors import Damaged, StorageError

BUSY_SECONDS = 30
_BEGINS = b"SQLite format 3"


def is_database(path: Path) -> bool:
    """Whether a file begins as an open database does; a sealed one begins like noise.

    Raises:
        OSError: it can't be read.
    """
    with path.open("rb") as file:
        return file.read(len(_BEGINS)) == _BEGINS


def make(path: Path) -> None:
    """Make an empty file for a database, unless one is there; opening one never makes it.

    Raises:
        OSError: it can't be made, or something else lies there.
    """
    with disk.opened(path.parent) as folder:
        os.close(folder.open(path.name, os.O_RDWR | os.O_CREAT))


def to_write(path: Path) -> str:
    """The address under which a database is read and written, and not made where it is gone."""
    return f"{path.absolute().as_uri()}?mode=rw"


def refuse_others(path: Path) -> None:
    """Refuse links, pipes and folders in place of a database or one of its logs.

    SQLite would wait for ever for who writes into a pipe.

    Raises:
        StorageError: there is one.
    """
    for each in _all(path):
        try:
            disk.refuse_other(each.lstat(), str(each))
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StorageError(
                f"The database can't be used: {each}: {error.strerror}. Put the database file "
                "there, or move away what is in its place."
            ) from error


def to_read(path: Path) -> str | None:
    """The address under which a database is read where nothing may be written.

    Where a log holds rows and its index is gone, SQLite would make another: None.
    """
    log, index = (path.with_name(path.name + each) for each in ours.LOGS[:2])
    has_rows = log.exists() and log.stat().st_size > 0
    if has_rows and not index.exists():
        return None
    # Without a log nobody has it open, and what is there is all of it; SQLite would ask for a lock.
    return f"{path.absolute().as_uri()}?mode=ro{'' if has_rows else '&immutable=1'}"


def copy(source: Path, key: bytes | None, target: Path, target_key: bytes | None) -> None:
    """Copy one state of a database into a new file, under the same key, another one or none.

    Others may go on writing. The copy holds no free pages, so nothing that was deleted comes
    along. It is on disk, whole, when this returns.

    Raises:
        Damaged: the source is not what was written.
        StorageError: the disk is full or can't be written; or as `make_way`.
    """
    refuse_others(source)
    make_way(target)
    try:
        connection = driver.connect(
            to_write(source), timeout=BUSY_SECONDS, isolation_level=None, uri=True
        )
        try:
            connection.execute("PRAGMA cipher_log_level = NONE")  # either may be sealed
            if key is not None:
                connection.execute(f"PRAGMA key = {raw(key)}")
            other_key = "" if target_key is None else f"x'{target_key.hex()}'"
            address = target.absolute().as_uri()  # the name itself may be no text
            connection.execute("ATTACH DATABASE ? AS other KEY ?", (address, other_key))
            # Else each table would be synced alone, and the last numbers given are later ones.
            connection.execute("BEGIN")
            connection.execute("SELECT sqlcipher_export('other')")
            connection.execute("COMMIT")
            connection.execute("DETACH DATABASE other")
        finally:
            connection.close()
    except driver.OperationalError as error:
        raise StorageError(f"{target} can't be written: {error}. Make room and go on.") from error
    except driver.DatabaseError as error:
        raise Damaged(f"{source} is damaged ({error}). Restore it from a copy.") from error


def make_way(target: Path) -> None:
    """Remove what an earlier copy left where the next one is to be written.

    Raises:
        StorageError: something lies there that is none of ours, maybe a link that the copy would
            go through; or what was left can't be removed.
    """
    for path in _all(target):
        try:
            disk.remove(path, ours.DATABASE_COPY)
        except OSError as error:
            said = f"{path} can't be removed: {error.strerror}. Give permission."
            raise StorageError(said) from error
        if os.path.lexists(path):
            raise StorageError(
                f"{path} can't be written: something else is in its place. Move it away."
            )


def raw(key: bytes) -> str:
    """A raw key as SQLCipher takes it: no derivation, so opening costs nothing."""
    return f"\"x'{key.hex()}'\""


def _all(path: Path) -> list[Path]:
    return [path.with_name(path.name + each) for each in ("", *ours.LOGS)]
