"""Conditions as they are, written so that each engine's planner finds the way of few steps."""

from enum import Enum, auto
from typing import Any

from sqlalchemy import Boolean, Column, ColumnElement, CompoundSelect, Exists, Select, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

__all__ = ["Lookup", "is_among", "is_not_among", "unweighed"]


class Lookup(Enum):
    """How it is found out which rows are in none of a large set: it depends on how many rows."""

    ANY = auto()
    """As the engine likes best."""
    EACH = auto()
    """Of so few rows that each is looked up, and no engine makes a table of the set."""
    TABLE = auto()
    """Of so many rows that a table of the set is sooner made than any of them looked up."""

    @classmethod
    def of(cls, *, few: bool) -> "Lookup":
        """Each of few rows is looked up."""
        return cls.EACH if few else cls.ANY


class unweighed(FunctionElement[bool]):  # noqa: N801 - stands in statements as `func.sum` does
    """A condition of which the planner is to think nothing: neither that it holds often, nor not.

    PostgreSQL takes columns for independent. So of a million rows that agree in four of them with
    those of another table it expects one, and it reads and sorts them all for the first hundred.
    """

    type = Boolean()
    inherit_cache = True


@compiles(unweighed)
def _of_no_weight(element: unweighed, compiler: SQLCompiler, **options: Any) -> str:
    return f"coalesce({compiler.process(element.clauses, **options)}, false)"


@compiles(unweighed, "sqlite")
def _of_its_weight(element: unweighed, compiler: SQLCompiler, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)})"


def is_among(
    number: Column[Any], these: Select[Any] | CompoundSelect[Any], *, few: bool = False
) -> ColumnElement[bool]:
    """Whether a number is one of very many, with which no engine is to begin.

    `few`: of so few rows that each is looked up, and no engine makes a table of the many.
    """
    if isinstance(these, CompoundSelect):
        these = select(these.subquery())
    elif few:
        return _looked_up(number, these).is_(true())
    return _among(number, these.scalar_subquery().correlate(None))


def is_not_among(number: Column[Any], these: Select[Any], lookup: Lookup) -> ColumnElement[bool]:
    """Whether a number is none of many."""
    if lookup is Lookup.EACH:
        return ~_looked_up(number, these)
    kind = _in_no_table if lookup is Lookup.TABLE else _not_among
    return kind(number, these.scalar_subquery().correlate(None))


def _looked_up(number: Column[Any], these: Select[Any]) -> Exists:
    here = these.where(these.selected_columns[0] == number)
    return here.correlate(number.table).exists()


class _among(FunctionElement[bool]):  # noqa: N801 - as above
    """SQLite makes a table of the numbers for IN, and asks EXISTS of each row.

    For PostgreSQL a table is too dear where rows are looked up one by one, as it counts the making
    for each of them (1.5 s where 0.05 will do, 2026-11-30). EXISTS becomes one where that helps.
    """

    type = Boolean()
    inherit_cache = True


class _not_among(_among):  # noqa: N801 - as above
    """The same of NOT IN."""

    inherit_cache = True


class _in_no_table(_not_among):  # noqa: N801 - as above
    """The same, for which PostgreSQL is to make a table, too.

    It would look up 84,000 images one by one, to sort none of what comes in order: 0.8 s where
    0.27 will do (2026-11-30).
    """

    inherit_cache = True


@compiles(_among)
def _exists(element: _among, compiler: SQLCompiler, **options: Any) -> str:
    number, these = (compiler.process(each, **options) for each in element.clauses)
    among = f"{these} AS these (number) WHERE these.number = {number}"
    found = f"EXISTS (SELECT 1 FROM {among})"  # noqa: S608 - compiled
    if isinstance(element, _in_no_table):
        return f"(NOT {found}) IS TRUE"
    return f"NOT {found}" if isinstance(element, _not_among) else f"({found}) IS TRUE"


@compiles(_among, "sqlite")
def _in(element: _among, compiler: SQLCompiler, **options: Any) -> str:
    number, these = (compiler.process(each, **options) for each in element.clauses)
    if isinstance(element, _not_among):
        return f"{number} NOT IN {these}"
    return f"({number} IN {these}) IS 1"
