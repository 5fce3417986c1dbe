import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fapproc.imaging.undecodable import Undecodable
from fapproc.imaging.workers import Workers
from fapproc.model import Detail
from tests.imaging.payloads import obey

ROOT = Path(__file__).parents[2]


def run(*commands: str, **limits: float) -> dict[int, object]:
    with Workers(obey, processes=2, **limits) as workers:  # type: ignore[arg-type]
        return dict(workers.map((n, command.encode()) for n, command in enumerate(commands)))


def detail(result: object) -> Detail:
    assert isinstance(result, Undecodable)
    return result.detail


def test_every_payload_is_answered_under_its_key() -> None:
    assert run(*(f"echo {n}" for n in range(50))) == {n: str(n) for n in range(50)}


def test_no_payload_starts_no_process() -> None:
    with Workers(obey) as workers:
        assert list(workers.map([])) == []


def test_answers_come_as_they_are_ready_and_may_be_larger_than_a_pipe(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    with Workers(obey, processes=2) as workers:
        asked = [(1, b"await " + bytes(seen)), (2, b"echo " + b"x" * 5_000_000)]
        answers = []
        for key, _ in workers.map(asked):
            answers.append(key)
            seen.touch()
    assert answers == [2, 1]


def test_at_most_two_payloads_a_process_are_in_flight() -> None:
    taken = 0

    def source() -> Iterator[tuple[int, bytes]]:
        nonlocal taken
        for taken in range(1, 21):
            yield taken, b"echo"

    with Workers(obey, processes=2) as workers:
        for answered, _ in enumerate(workers.map(source()), start=1):
            assert taken - answered < 4


def test_a_payload_over_its_time_is_killed_and_the_others_are_answered() -> None:
    started = time.monotonic()
    results = run("sleep 60", "echo a", "sleep 60", "echo b", "echo c", seconds=0.5)
    assert [detail(results[n]) for n in (0, 2)] == [Detail.TRUNCATED] * 2
    assert [results[n] for n in (1, 3, 4)] == ["a", "b", "c"]
    assert time.monotonic() - started < 20


def test_a_slow_reader_of_the_answers_costs_no_payload_its_time() -> None:
    with Workers(obey, processes=2, seconds=0.5) as workers:
        for _, result in workers.map((n, b"echo here") for n in range(6)):
            assert result == "here"
            time.sleep(0.3)


@pytest.mark.skipif(sys.platform != "linux", reason="the limit holds on Linux")
def test_a_payload_over_its_memory_is_too_large() -> None:
    results = run("allocate 900000000", "allocate 1000", "echo a", memory=500_000_000)
    assert detail(results[0]) is Detail.TOO_LARGE
    assert (results[1], results[2]) == (1000, "a")


def test_a_worker_that_dies_costs_its_own_payload_only() -> None:
    results = run("die segv", "echo a", "die kill", "echo b")
    assert [detail(results[n]) for n in (0, 2)] == [Detail.TRUNCATED] * 2
    assert (results[1], results[3]) == ("a", "b")


def test_any_other_exception_reaches_the_caller_with_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError, match="seven") as caught:
        run("echo a", "fail seven")
    assert "payloads.py" in caught.value.__notes__[0]


def test_an_exception_that_cannot_travel_reaches_the_caller_by_its_words() -> None:
    with pytest.raises(RuntimeError, match="1 is not 2"):
        run("fail-oddly")


def test_what_a_decoder_prints_is_not_shown(capfd: pytest.CaptureFixture[str]) -> None:
    assert run("print Read error on strip 0") == {0: len("Read error on strip 0")}
    assert capfd.readouterr() == ("", "")


def test_workers_serve_again_after_a_caller_left_off() -> None:
    with Workers(obey, processes=2) as workers:
        for _ in workers.map((n, b"sleep 0.1") for n in range(9)):
            break
        assert dict(workers.map([("again", b"echo a")])) == {"again": "a"}


def test_no_worker_outlives_the_block() -> None:
    with Workers(obey, processes=2) as workers:
        pids = {pid for _, pid in workers.map((n, b"pid") for n in range(8))}
    for pid in pids:
        assert isinstance(pid, int)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


PARENT = """
import sys
from fapproc.imaging.workers import Workers
from tests.imaging.payloads import obey

if __name__ == "__main__":
    assert not {"numpy", "scipy", "PIL"} & set(sys.modules)
    with Workers(obey, processes=2, seconds=300) as workers:
        for _, pid in workers.map([(0, b"pid"), (1, b"sleep 0.5"), (2, b"pid"), (3, b"sleep 60")]):
            print(pid, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=lambda how: how.name)
def test_a_parent_that_is_interrupted_or_killed_leaves_no_worker(tmp_path: Path, how: int) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    assert parent.stdout is not None
    lines = [parent.stdout.readline().strip() for _ in range(3)]
    if how == signal.SIGINT:
        os.killpg(parent.pid, how)  # a terminal's Ctrl-C reaches the workers too
    else:
        parent.kill()
    _, errors = parent.communicate(timeout=120)
    assert parent.returncode == -how
    # Besides the parent's own, no traceback: the workers don't hear Ctrl-C.
    assert errors.count("Traceback") == (how == signal.SIGINT)
    pids = {int(line) for line in lines if line.isdigit()}
    assert pids
    deadline = time.monotonic() + 120
    while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(_alive(pid) for pid in pids)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and ") Z " in status.read_text())
