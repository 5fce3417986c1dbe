"""Words for schema and statements that engines write differently; no other module has a dialect.

What is written with them compiles for SQLite and for PostgreSQL. Operations on a whole database
(opening, locking, copying, checking) are in `engines.py`.
"""

import json
import unicodedata
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Cast,
    Column,
    ColumnElement,
    Dialect,
    Identity,
    Index,
    Integer,
    Select,
    String,
    bindparam,
    cast,
    column,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.dialects.sqlite.dml import OnConflictDoNothing, OnConflictDoUpdate
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateIndex
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

__all__ = [
    "CLUSTERED",
    "DIGEST",
    "GIVEN_ONCE",
    "NUMBER",
    "WORD",
    "Insert",
    "Name",
    "contains",
    "given_numbers",
    "given_words",
    "insert",
    "number",
    "numbers",
    "partial_index",
    "storable",
    "total",
    "unindexed",
]
# `insert` is SQLite's, for `on_conflict_do_…`. PostgreSQL's has the same clauses, but loading its
# dialect takes 35 ms of each command: what its compiler misses is told to it when it compiles.

NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database makes: SQLite makes none for a BIGINT."""

GIVEN_ONCE: dict[str, Any] = {"sqlite_autoincrement": True}
"""For a table whose numbers are not given again, as elsewhere none is: even of the last row."""


def number() -> Column[int]:
    """The column of numbers that the database makes."""
    return Column("id", NUMBER, Identity(), primary_key=True)


WORD = String().with_variant(String(collation="C"), "postgresql")
"""A text of ours, in the order of its bytes, as SQLite has it: elsewhere a locale decides."""

DIGEST = String(64).with_variant(String(64, collation="C"), "postgresql")
"""The same of 64 hexadecimal digits."""

CLUSTERED: dict[str, Any] = {"sqlite_with_rowid": False}
"""For a table of short rows: kept in the order of its key, where the engine lets one choose."""


class Name(TypeDecorator[str]):
    """A text of others, in the order of its bytes, without what some engine refuses.

    PostgreSQL takes no NUL, and no engine half of a surrogate pair; each becomes U+FFFD, as HTML
    has it.
    """

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """The column as an engine has it."""
        return dialect.type_descriptor(WORD)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        """A text as it is stored, and looked for."""
        return None if value is None else storable(value)


def storable(text: str) -> str:
    """A text without characters that some engine refuses."""
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\0", "\ufffd")


def partial_index(name: str, *columns: Column[Any], where: ColumnElement[bool]) -> Index:
    """An index over those rows alone for which something holds."""
    return Index(name, *columns, sqlite_where=where, info={_WHERE: where})


_WHERE = "where"


@compiles(CreateIndex, "postgresql")
def _with_its_rows(create: CreateIndex, compiler: Any, **options: Any) -> str:
    index = create.element
    if _WHERE in index.info:  # one of a migration says it itself
        index.dialect_options["postgresql"][_WHERE] = index.info[_WHERE]
    return str(compiler.visit_create_index(create, **options))


@compiles(OnConflictDoNothing, "postgresql")
@compiles(OnConflictDoUpdate, "postgresql")
def _without_a_constraint(clause: Any, compiler: Any, **options: Any) -> str:
    clause.constraint_target = None  # SQLite's clauses know columns alone
    return str(getattr(compiler, f"visit_{clause.__visit_name__}")(clause, **options))


def total(column: ColumnElement[Any]) -> Cast[int]:
    """The sum of whole numbers as one, 0 where there are none: elsewhere it is a Decimal."""
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


def contains(text: ColumnElement[str], part: str, *, is_lower: bool = False) -> ColumnElement[bool]:
    """Whether a text has a part, in any case, in whichever form Unicode writes it.

    Engines lower ASCII alone (SQLite) or by their locale: other letters are lowered here, each by
    a replacement. A text that has letters of both forms of Unicode may be missed. `is_lower`: the
    engine lowers it already.
    """
    found = []
    for form in {unicodedata.normalize(form, part.lower()) for form in ("NFC", "NFD")}:
        lowered: ColumnElement[str] = text if is_lower else func.lower(text)
        for letter in sorted({each for each in form if not each.isascii()}):
            for other in sorted({letter.upper(), letter.title()} - {letter}):
                lowered = func.replace(lowered, other, letter)
        found.append(_position(lowered, form) > 0)
    return or_(*found)


class _position(FunctionElement[int]):  # noqa: N801 - stands in statements as `func.sum` does
    """Where a text has a part, counted from 1; 0: nowhere.

    LIKE folds each letter once more: a million names take it a tenth longer.
    """

    type = Integer()
    inherit_cache = True


@compiles(_position)
def _strpos(element: _position, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


@compiles(_position, "sqlite")
def _instr(element: _position, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


def numbers(given: Iterable[int]) -> Select[tuple[int]]:
    """Many whole numbers as rows, given as one parameter: engines take some thousands at most."""
    listed = _each(literal(json.dumps(list(given)))).table_valued(column("value", BigInteger))
    return select(listed.c.value)


def given_numbers(name: str) -> Select[tuple[int]]:
    """The same in a statement that is built once: they are given when it is run, by this name.

    To build a statement takes longer than to run it, and so does a parameter for each number.
    """
    listed = _each(bindparam(name, type_=_Many())).table_valued(column("value", BigInteger))
    return select(listed.c.value)


def given_words(name: str) -> Select[tuple[str]]:
    """The same of texts of ours."""
    listed = _each_word(bindparam(name, type_=_Many())).table_valued(column("value", WORD))
    return select(listed.c.value)


class _Many(TypeDecorator[Collection[Any]]):
    """Many values as one: a list of JSON."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> str:  # noqa: ARG002 - SQLAlchemy's
        """Values as they are given to the driver."""
        return json.dumps(list(value or ()))


class _each(FunctionElement[Any]):  # noqa: N801 - stands in statements as `func.sum` does
    """The numbers of a list of JSON, a row each, in the column `value`."""

    inherit_cache = True


class _each_word(_each):  # noqa: N801 - as above
    """The same of texts."""

    inherit_cache = True


@compiles(_each)
def _each_number(element: _each, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT CAST({_elements(element, compiler, **options)} AS BIGINT) AS value)"


@compiles(_each_word)
def _each_text(element: _each, compiler: SQLCompiler, **options: Any) -> str:
    return f"(SELECT {_elements(element, compiler, **options)} AS value)"


def _elements(element: _each, compiler: SQLCompiler, **options: Any) -> str:
    given = compiler.process(element.clauses, **options)
    return f"json_array_elements_text(CAST({given} AS JSON))"


@compiles(_each, "sqlite")
@compiles(_each_word, "sqlite")
def _each_of_json(element: _each, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


class unindexed(FunctionElement[Any]):  # noqa: N801 - stands in statements as `func.sum` does
    """A column as it is, but the query is not to begin with its index.

    SQLite takes the index of a user's 200,000 places for the narrower one, and needs 3 s for what
    begins with the few rows that the other conditions leave: 0.01 s.
    """

    inherit_cache = True

    def __init__(self, column: ColumnElement[Any]) -> None:
        """Of the type of the column, which a server is told of what it is compared with."""
        super().__init__(column)
        self.type = column.type


@compiles(unindexed)
def _as_it_is(element: unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(unindexed, "sqlite")
def _with_a_sign(element: unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"
