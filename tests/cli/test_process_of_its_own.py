"""What only shows in a process of its own: signals, pipes, imports, the installed command."""

import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fapproc.archive import Archive
from fapproc.db import images
from fapproc.jobs import derive, tagging
from tests.drawing import write
from tests.processes import Process
from tests.programs import HEAVY, Home
from tests.shelves import fill, numbered, small

FAPPROC = str(Path(sys.executable).with_name("fapproc"))
SLOW = ("fapproc.model", "fapproc.sites.pages", "logging")
"""Help needs none of these, and they take a quarter of its time."""
HELP = f"""
import sys
from fapproc.cli import main
main(sys.argv[1:], standalone_mode=False)
print("heavy:", *sorted(set(sys.modules) & set({(*HEAVY, *SLOW)!r})))
"""


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [FAPPROC, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize(
    "command", ["", "process", "list", "print", "verdict auto", "delete", "config set"]
)
def test_help_brings_nothing_heavy_with_it(command: str) -> None:
    code = [sys.executable, "-c", HELP, *command.split(), "--help"]
    ran = subprocess.run(code, capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("Usage: ")
    assert ran.stdout.splitlines()[-1].strip() == "heavy:"


@pytest.mark.parametrize("command", ["--version", "--no-such-option"])
def test_neither_what_is_loaded_nor_what_ends_is_looked_through_for_cycles(command: str) -> None:
    often = "gc.get_threshold()[0]"
    told = f"lambda: print({often}, (gc.collect(), {often})[1], gc.get_freeze_count() > 1000)"
    code = f"import atexit, gc; from fapproc.program import main; atexit.register({told}); main()"
    ran = subprocess.run(
        [sys.executable, "-c", code, command], capture_output=True, text=True, check=False
    )
    assert ran.stdout.splitlines()[-1] == "100000 10000 True"


@pytest.mark.parametrize("program", [[FAPPROC], [sys.executable, "-m", "fapproc"]])
def test_an_error_is_a_sentence_on_stderr_and_its_code(program: list[str], tmp_path: Path) -> None:
    command = [*program, "stats", "-d", str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (ran.returncode, ran.stdout) == (10, "")
    assert ran.stderr.startswith("Error: No archive in ") and ran.stderr.count("\n") == 1


def test_data_goes_to_stdout(tmp_path: Path) -> None:
    Archive.open_or_create(tmp_path).close()
    ran = run("stats", "--json", "-d", tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith('{"sealed": false')


def test_a_reader_who_leaves_early_is_no_trouble(tmp_path: Path) -> None:
    with Archive.open_or_create(tmp_path) as archive:
        fill(archive, {"lakes": numbered(small(1))})
        with archive.writing() as connection:
            for n in range(1000):  # some 200 KiB of lines: more than a pipe holds
                images.add(connection, f"{n:064x}", 1, "jpg", 1)  # type: ignore[arg-type]
    quoted = f"{shlex.quote(FAPPROC)} print --json -d {shlex.quote(str(tmp_path))} | head -1"
    line = ["bash", "-c", f"set -o pipefail; {quoted}"]
    ran = subprocess.run(line, capture_output=True, text=True, check=True, timeout=120)
    assert ran.stdout.startswith('{"kind": "user"')
    assert ran.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has a disk that is always full")
@pytest.mark.parametrize(
    "command", ["--help", "stats -d {}", "tag list --json -d {}", "list -d {}"]
)
def test_a_full_disk_behind_stdout_is_a_sentence_and_a_closed_stdout_nothing(
    command: str, tmp_path: Path
) -> None:
    with Archive.open_or_create(tmp_path) as archive:
        fill(archive, {"lakes": numbered(small(1))})
        tagging.create(archive, "Lakes")
    line = f"{shlex.quote(FAPPROC)} {command.format(shlex.quote(str(tmp_path)))}"
    for to, code, told in (("> /dev/full", 1, "No space left on device"), (">&- <&-", 0, "")):
        ran = subprocess.run(
            ["bash", "-c", f"{line} {to}"], capture_output=True, text=True, check=False, timeout=120
        )
        assert ran.returncode == code, (to, ran.stderr)
        assert told in ran.stderr and ran.stderr.count("\n") == bool(told)


def test_ctrl_c_ends_with_130_keeps_what_was_done_and_the_next_run_goes_on(
    tmp_path: Path,
) -> None:
    source, folder = tmp_path / "from", tmp_path / "archive"
    source.mkdir()
    count = 400
    for n in range(count):
        pixels = np.frombuffer(n.to_bytes(12, "big"), dtype=np.uint8).reshape(2, 2, 3)
        (source / f"{n:04}.png").write_bytes(write(Image.fromarray(pixels), "PNG"))
    command = [FAPPROC, "import", str(source), "-d", str(folder)]
    with Process(command, stdout=-1, stderr=-1, text=True) as importer:
        until = time.monotonic() + 120
        while not (folder / "blobs").is_dir() and time.monotonic() < until:
            time.sleep(0.002)
        importer.send_signal(signal.SIGINT)
        said, told = importer.communicate(timeout=120)
    assert (importer.returncode, said) == (130, "")
    assert told.endswith("\nInterrupted; what was done is kept. Run it again to go on.\n")
    ran = run("import", source, "-d", folder)
    assert ran.returncode == 0, ran.stderr
    with Archive.open(folder) as archive, archive.reading() as connection:
        assert len(images.digests(connection)) == count


def test_two_that_process_at_once_make_each_picture_once_and_one_says_why(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for seed in range(6):
        (pictures / f"{seed}.png").write_bytes(small(seed))
    home.done("import", str(pictures))
    with Archive.open(home.archive) as archive, archive.job("process"):
        derive.derive(archive, parts={derive.Part.ENCODE})
        with archive.writing() as connection:
            connection.exec_driver_sql("UPDATE encoder SET version = '0-f pillow-12.1'")
        both = [home.start("process"), home.start("process")]
        for each in both:
            assert each.stderr.readline().endswith(": waiting until it is done.\n")
    said = []
    for each in both:
        with each:
            said.append(each.communicate(120)[0])
    nothing, all_of_them = sorted(said)
    assert nothing == "0 images processed, 0 failed.\n"
    why, _, made = all_of_them.partition("\n")
    assert why.startswith("The hashes of 6 images were made by other libraries (0-f pillow-12.1)")
    assert made == "6 images processed, 0 failed.\n"
