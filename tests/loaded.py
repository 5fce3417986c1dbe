"""Libraries in C that are loaded into a program and stand between it and the system."""

import atexit
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

_WARNED = ("-Wall", "-Wextra", "-Werror", "-Wno-nonnull-compare")


@cache
def library(name: str) -> str:
    """The library of `tests/NAME.c`, for LD_PRELOAD; without a C compiler the test is skipped."""
    compiler = shutil.which("cc")
    if sys.platform != "linux" or compiler is None:
        pytest.skip("what stands between program and system takes Linux and a C compiler")
    folder = Path(mkdtemp(prefix=f"{name}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = folder / f"{name}.so"
    source = Path(__file__).with_name(f"{name}.c")
    subprocess.run([compiler, "-shared", "-fPIC", *_WARNED, "-o", made, source, "-ldl"], check=True)
    return str(made)
