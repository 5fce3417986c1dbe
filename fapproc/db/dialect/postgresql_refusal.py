"""What an error of PostgreSQL means for a person: the sentence, without the values of rows.

The server's DETAIL, HINT and CONTEXT hold values of rows, which may be names: of what it says only
the first line is ever kept.
"""

import psycopg
from psycopg import errors
from sqlalchemy.exc import DBAPIError

from fapproc.errors import Damaged, FapError, StorageError

_AGAIN = "Nothing that was stored is lost; run the same command again when that is mended."
_GONE = (
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.IdleInTransactionSessionTimeout,
)
_ROOM = (errors.DiskFull, errors.OutOfMemory, errors.TooManyConnections)
_FORBIDDEN = (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction)
_SPOILED = (
    errors.DataCorrupted,
    errors.IndexCorrupted,
    errors.UndefinedTable,
    errors.UndefinedColumn,
)


def refusal(error: DBAPIError | psycopg.Error, name: str) -> FapError | None:
    """An error of ours for what a person can do something about; None for what is our own fault."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    said = first_line(cause)
    if isinstance(cause, _SPOILED):
        return Damaged(
            f"The database at {name} is damaged, or no archive's ({said}). Restore it from a copy."
        )
    if isinstance(cause, _ROOM):
        return StorageError(f"The server of {name} is full: {said}. Make room there. {_AGAIN}")
    if isinstance(cause, _FORBIDDEN):
        return StorageError(
            f"The database at {name} can't be changed: {said}. Let its owner give permission. "
            f"{_AGAIN}"
        )
    if isinstance(cause, _GONE) or _is_cut(cause):
        return StorageError(
            f"The database at {name} can't be reached: {said}. Look at the server, its address "
            f"and your password in ~/.pgpass. {_AGAIN}"
        )
    if isinstance(cause, psycopg.OperationalError):
        return StorageError(f"The database at {name} can't be used: {said}. {_AGAIN}")
    return None


def without_detail(error: DBAPIError | psycopg.Error) -> Exception:
    """The same error without what the server says in detail, for a traceback."""
    if not isinstance(error, DBAPIError):
        return type(error)(first_line(error))
    return type(error)(error.statement, None, Exception(first_line(error.orig)))


def first_line(cause: BaseException | None) -> str:
    """What the server says in short."""
    lines = str(cause).strip().splitlines()
    return lines[0].rstrip(".") if lines else "it says nothing"


def _is_cut(cause: BaseException | None) -> bool:
    """Whether the connection could not be made, or is gone: then there is no answer to tell."""
    return isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None
