"""Statements that are compiled once a process, and not once for each archive that a test opens.

SQLAlchemy keeps what it compiled by engine and by dialect, and each archive has an engine: a
quarter of what the tests themselves counted with was this (2026-11-30). Here all files share both.
"""

from functools import cache
from typing import Any

import sqlalchemy
from sqlalchemy import Engine
from sqlalchemy.engine import Dialect


def create_engine(url: str, **options: Any) -> Engine:
    """An engine that finds compiled what another one compiled."""
    engine = sqlalchemy.create_engine(url, **options)
    dialect, compiled = _shared(url, options["module"])
    engine.dialect = dialect
    engine._compiled_cache = compiled
    return engine


@cache
def _shared(url: str, module: object) -> tuple[Dialect, Any]:
    """A dialect that has met its database once, as it must, and what was compiled for it."""
    first = sqlalchemy.create_engine(url, module=module, query_cache_size=5_000)
    first.connect().close()
    first.dispose()
    return first.dialect, first._compiled_cache
