"""A program that is stopped between its files and their rows, and goes on days later."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.drawing import landscape, write
from tests.jobs.ward import Ward, age
from tests.processes import Process
from tests.programs import REPOSITORY, clean

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes as Linux stops them")

STOPS = """
import glob, os, sys, time
from fapproc.program import main

def hook(event, values):
    if event == "os.rename":
        sys.setprofile(returned)

def returned(frame, event, value, seen=[]):
    code = frame.f_code
    writes = code.co_name == "write" and code.co_filename.endswith("durable/folder.py")
    if event == "return" and writes:
        sys.setprofile(None)
        if not seen and len(glob.glob(pattern)) > had:
            seen.append(event)
            open(here + ".reached", "w").close()
            while not os.path.exists(here + ".go"):
                time.sleep(0.05)

pattern, here = sys.argv.pop(1), sys.argv.pop(1)
had = len(glob.glob(pattern))
sys.addaudithook(hook)
main()
"""
"""Runs a command whose thread that writes waits when there is a file more than there was.

It waits where files have got their names and are synced. The others go on meanwhile: one that was
stopped amid a transaction would be waited for by everybody.
"""


@pytest.mark.parametrize("part", ["blobs", "thumbs"])
def test_rows_find_their_files_though_a_check_ran_while_their_program_was_stopped(
    part: str, tmp_path: Path
) -> None:
    ward = Ward.new(tmp_path / "archive", sealed=False)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "a.png").write_bytes(write(landscape(50, (32, 24)), "PNG"))
    if part == "thumbs":
        assert ward.run("import", str(tmp_path / "new"), "-q").exit_code == 0
    before = set((ward.folder / part).glob("*/*"))
    line = ["process"] if part == "thumbs" else ["import", str(tmp_path / "new")]
    pattern = str(ward.folder / part / "*" / "*")
    here = tmp_path / "at"
    command = [sys.executable, "-c", STOPS, pattern, str(here), *line, "-q"]
    command += ["-d", str(ward.folder)]
    with Process(command, env=clean(os.environ), cwd=REPOSITORY) as program:
        while not here.with_suffix(".reached").exists():
            assert program.poll() is None
            time.sleep(0.05)
        ward.execute("UPDATE image SET id=id")  # once this was written, nobody is amid anything
        program.send_signal(signal.SIGSTOP)
        [file] = set((ward.folder / part).glob("*/*")) - before
        age(file)
        assert ward.found("--repair") == ward.found("--repair")
        assert not file.exists()
        here.with_suffix(".go").touch()
        program.send_signal(signal.SIGCONT)
        assert program.wait(timeout=120) == 0
    assert file.exists()
    assert ward.is_clean()
