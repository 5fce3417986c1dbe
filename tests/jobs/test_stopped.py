"""A program that is stopped between its files and their rows, and goes on days later."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.drawing import landscape, write
from tests.jobs.ward import Ward, age
from tests.legacy.writer import old_archive
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


@pytest.mark.parametrize("command", ["import", "process", "import-legacy"])
def test_rows_find_their_files_though_a_check_ran_while_their_program_was_stopped(
    command: str, tmp_path: Path
) -> None:
    ward = Ward.new(tmp_path / "archive", sealed=False)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "a.png").write_bytes(write(landscape(50, (32, 24)), "PNG"))
    part = "thumbs" if command == "process" else "blobs"
    if command == "process":
        assert ward.run("import", str(tmp_path / "new"), "-q").exit_code == 0
    before = set((ward.folder / part).glob("*/*"))
    old = old_archive().write(tmp_path / "old")
    whence = {"import": [str(tmp_path / "new")], "import-legacy": [str(old)], "process": []}
    pattern = str(ward.folder / part / "*" / "*")
    here = tmp_path / "at"
    line = [sys.executable, "-c", STOPS, pattern, str(here), command, *whence[command], "-q"]
    line += ["-d", str(ward.folder)]
    with Process(line, env=clean(os.environ), cwd=REPOSITORY) as program:
        while not here.with_suffix(".reached").exists():
            assert program.poll() is None
            time.sleep(0.05)
        ward.execute("UPDATE image SET id=id")  # once this was written, nobody is amid anything
        program.send_signal(signal.SIGSTOP)
        files = set((ward.folder / part).glob("*/*")) - before
        assert len(files) == (5 if command == "import-legacy" else 1)
        for file in files:
            age(file)
        assert ward.found("--repair") == ward.found("--repair")
        assert not any(file.exists() for file in files)
        here.with_suffix(".go").touch()
        program.send_signal(signal.SIGCONT)
        assert program.wait(timeout=120) == 0
    assert all(file.exists() for file in files)
    assert ward.is_clean()
