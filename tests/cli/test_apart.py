"""The process of a job that runs beside the viewer, where all else has failed."""

import os
import signal
import sys
import threading
import time
from multiprocessing import Pipe

import pytest

from fapproc.commandline import apart_job
from fapproc.errors import INTERRUPTED
from tests import warm

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")


def test_a_job_that_hears_nothing_is_ended_by_force() -> None:
    process = warm.start(
        f"{__name__}:be_deaf",
        (),
        modules=("fapproc.commandline.apart_job",),
        environment={"PATH": os.environ["PATH"]},
        measured=False,
    )
    with process:
        _, told = process.communicate(60)
    assert (process.returncode, told) == (INTERRUPTED, "")


def be_deaf() -> None:
    """Whoever started it has gone, and a library works on and on."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ours, theirs = Pipe()
    listening = (theirs, 0.1)
    threading.Thread(target=apart_job._end_when_told, args=listening, daemon=True).start()
    ours.close()
    time.sleep(20)
