import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from fapproc.errors import FapError
from fapproc.executors import local
from fapproc.executors.local import LocalProcesses
from fapproc.executors.outcomes import Broken, Done, Outcome, Refused
from fapproc.executors.worker import NO_MEMORY
from tests.executors.payloads import obey

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.usefixtures("cold")


def outcomes(
    *commands: str, seconds: float = 60, memory: int | None = None
) -> dict[int, Outcome[object]]:
    with LocalProcesses(obey, processes=2, seconds=seconds, memory=memory) as workers:
        return dict(workers.map((n, command.encode()) for n, command in enumerate(commands)))


def run(*commands: str, seconds: float = 60, memory: int | None = None) -> dict[int, object]:
    """What was done; of what was not, the outcome."""
    found = outcomes(*commands, seconds=seconds, memory=memory)
    return {n: one.value if isinstance(one, Done) else one for n, one in found.items()}


def why(result: object) -> str:
    assert isinstance(result, Broken)
    return result.why


def test_every_payload_is_answered_under_its_key() -> None:
    assert run(*(f"echo {n}" for n in range(50))) == {n: str(n) for n in range(50)}


def test_what_a_worker_has_loaded_is_looked_through_for_cycles_by_no_payload() -> None:
    assert run("cycles") == {0: (True, True)}


CREDENTIALS = ("AWS_SECRET_ACCESS_KEY", "PGPASSWORD", "FAP_PASSWORD", "FAP_NEW_PASSWORD")


def test_a_worker_gets_the_settings_and_no_password_or_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*CREDENTIALS, "FAP_MODEL", "PGHOST"):
        monkeypatch.setenv(name, "quokka")
    (seen,) = run("variables AWS_ PG FAP_").values()
    assert isinstance(seen, list)
    assert {"FAP_MODEL", "PGHOST"} <= set(seen) and not {*CREDENTIALS} & set(seen)


def test_no_payload_starts_no_process() -> None:
    with LocalProcesses(obey) as workers:
        assert list(workers.map([])) == []


def test_answers_come_as_they_are_ready_and_may_be_larger_than_a_pipe(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    with LocalProcesses(obey, processes=2) as workers:
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

    with LocalProcesses(obey, processes=2) as workers:
        for answered, _ in enumerate(workers.map(source()), start=1):
            assert taken - answered < 4


def test_a_payload_over_its_processor_time_is_broken_and_the_others_are_answered() -> None:
    results = run("spin 60", "echo a", "spin 60", "echo b", "echo c", seconds=0.3)
    assert [why(results[n]) for n in (0, 2)] == [
        "it took more than 0.3 seconds of processor time"
    ] * 2
    assert [results[n] for n in (1, 3, 4)] == ["a", "b", "c"]


def test_a_payload_that_waits_for_ever_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "PATIENCE", 1)
    results = run("sleep 600", "echo a", seconds=0.5)
    assert why(results[0]) == "its worker stopped answering"
    assert results[1] == "a"


@pytest.mark.skipif(sys.platform != "linux", reason="whether a process stands still, Linux says")
def test_a_worker_that_was_stopped_loses_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "PATIENCE", 1)
    with LocalProcesses(obey, processes=2, seconds=1) as workers:
        answers = workers.map([(0, b"pid"), (1, b"stop"), (2, b"sleep 3")])
        found = dict(answers)
    # The one that waited three seconds by the clock is broken; the other stood as long, stopped.
    assert isinstance(found[2], Broken)
    assert found[1] == Done("went on")


def test_a_program_that_was_stopped_loses_no_picture_its_time() -> None:
    script = (
        "import sys\n"
        "from fapproc.executors.local import LocalProcesses\n"
        "from tests.executors.payloads import obey\n"
        "if __name__ == '__main__':\n"
        "    with LocalProcesses(obey, processes=2, seconds=0.4) as workers:\n"
        "        for key, found in workers.map((n, b'sleep 1') for n in range(4)):\n"
        "            print(key, found, flush=True)\n"
    )
    program = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    assert program.stdout is not None
    lines = [program.stdout.readline()]
    os.killpg(program.pid, signal.SIGSTOP)  # as Ctrl-Z and a computer that is shut do
    time.sleep(6)  # more than the four seconds by the clock that a payload may take here
    os.killpg(program.pid, signal.SIGCONT)
    lines += program.stdout.readlines()
    assert program.wait(timeout=120) == 0
    program.stdout.close()
    assert sorted(lines) == [f"{n} Done(value='1')\n" for n in range(4)]


def test_a_slow_reader_of_the_answers_costs_no_payload_its_time() -> None:
    with LocalProcesses(obey, processes=2, seconds=0.5) as workers:
        for _, result in workers.map((n, b"echo here") for n in range(6)):
            assert result == Done("here")
            time.sleep(0.3)


@pytest.mark.skipif(sys.platform != "linux", reason="the limit holds on Linux")
def test_a_payload_over_its_memory_is_broken() -> None:
    results = run("allocate 900000000", "allocate 1000", "echo a", memory=500_000_000)
    assert why(results[0]) == NO_MEMORY
    assert (results[1], results[2]) == (1000, "a")


def test_a_worker_that_dies_costs_its_own_payload_only() -> None:
    results = run("die segv", "echo a", "die kill", "echo b")
    assert why(results[0]) == f"its worker ended with {-signal.SIGSEGV}"
    assert why(results[2]) == "its worker was killed; memory may have run out"
    assert (results[1], results[3]) == ("a", "b")


def test_what_a_task_says_of_its_payload_is_handed_on() -> None:
    result = outcomes("refuse seven")[0]
    assert isinstance(result, Refused)
    assert str(result.problem) == "seven"


def test_an_error_that_nobody_foresaw_is_that_payload_s_alone() -> None:
    results = run("fail seven", "echo a", "fail-oddly", "echo b")
    broken = results[0]
    assert why(broken) == "ZeroDivisionError: seven"
    assert isinstance(broken, Broken) and "payloads.py" in broken.trace
    assert why(results[2]) == "OddError: 1 is not 2"
    assert (results[1], results[3]) == ("a", "b")


def test_what_goes_wrong_before_the_first_payload_reaches_the_caller() -> None:
    begin = partial(obey, b"fail seven")
    with (
        pytest.raises(ZeroDivisionError, match="seven") as caught,
        LocalProcesses(obey, begin=begin, processes=2) as workers,
    ):
        list(workers.map([(0, b"echo a")]))
    assert "payloads.py" in caught.value.__notes__[0]


def test_workers_that_are_made_ready_have_begun_before_any_payload() -> None:
    begin = partial(obey, b"fail seven")
    with (
        pytest.raises(ZeroDivisionError, match="seven"),
        LocalProcesses(obey, begin=begin, processes=1) as failing,
    ):
        failing.make_ready()
    with (
        pytest.raises(FapError, match="Free some memory"),
        LocalProcesses(obey, begin=partial(obey, b"die kill"), processes=1) as dying,
    ):
        dying.make_ready()
    with LocalProcesses(obey, processes=2) as workers:
        workers.make_ready()
        workers.make_ready()
        assert dict(workers.map([(0, b"echo a")])) == {0: Done("a")}


def test_workers_that_end_before_they_begin_are_a_sentence() -> None:
    begin = partial(obey, b"die kill")
    with (
        pytest.raises(FapError, match="Free some memory"),
        LocalProcesses(obey, begin=begin, processes=2) as workers,
    ):
        list(workers.map([(0, b"echo a")]))


def test_workers_that_hang_before_they_begin_are_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fapproc.executors.local.START_SECONDS", 0.2)
    begin = partial(obey, b"sleep 300")
    with (
        pytest.raises(FapError, match="a worker did not start"),
        LocalProcesses(obey, begin=begin, processes=2) as workers,
    ):
        list(workers.map([(0, b"echo a")]))


def test_what_a_decoder_prints_is_not_shown(capfd: pytest.CaptureFixture[str]) -> None:
    assert run("print Read error on strip 0") == {0: len("Read error on strip 0")}
    assert capfd.readouterr() == ("", "")


def test_workers_serve_again_after_a_caller_left_off() -> None:
    with LocalProcesses(obey, processes=2) as workers:
        for _ in workers.map((n, b"sleep 0.1") for n in range(9)):
            break
        assert dict(workers.map([("again", b"echo a")])) == {"again": Done("a")}


def test_no_worker_outlives_the_block() -> None:
    with LocalProcesses(obey, processes=2) as workers:
        pids = {
            found.value
            for _, found in workers.map((n, b"pid") for n in range(8))
            if isinstance(found, Done)
        }
    assert pids
    for pid in pids:
        assert isinstance(pid, int)
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


PARENT = """
import sys
from fapproc.executors.local import LocalProcesses
from tests.executors.payloads import obey

if __name__ == "__main__":
    assert not {"numpy", "scipy", "PIL"} & set(sys.modules)
    with LocalProcesses(obey, processes=2, seconds=300) as workers:
        for _, done in workers.map([(0, b"pid"), (1, b"sleep 0.5"), (2, b"pid"), (3, b"sleep 5")]):
            print(done.value, flush=True)
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


KILLED_EARLY = """
import os
import signal

from fapproc.executors.local import LocalProcesses
from tests.executors.payloads import obey


class Deadly(float):
    def __reduce__(self):
        os.kill(os.getpid(), signal.SIGKILL)


with LocalProcesses(obey, processes=1, seconds=Deadly(60)) as workers:
    list(workers.map([(0, b"echo")]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
def test_a_parent_that_is_killed_before_its_worker_knows_its_work_leaves_no_word(
    tmp_path: Path,
) -> None:
    script = tmp_path / "parent.py"
    script.write_text(KILLED_EARLY)
    ended = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )  # which waits until the worker has let go of stderr, too
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGKILL, "", "")


FEW_FILES = """
import os
import resource
import sys

from fapproc.errors import FapError
from fapproc.executors.local import LocalProcesses
from tests.executors.payloads import obey

there = max(map(int, os.listdir("/proc/self/fd")))  # one of them is that of the listing
resource.setrlimit(resource.RLIMIT_NOFILE, (there + int(sys.argv[1]),) * 2)
try:
    with LocalProcesses(obey, processes=3) as workers:
        done = dict(workers.map((n, b"pid") for n in range(9)))
    print(len(done), len({found.value for found in done.values()}))
except FapError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
@pytest.mark.parametrize(
    ("files", "said"), [(5, "9 1\n"), (1, "Processes for the work can't be started: {why}\n")]
)
def test_as_many_workers_as_the_system_gives_do_the_work(files: int, said: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", FEW_FILES, str(files)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    said = said.format(why="Too many open files. Free some memory, and run it again.")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, said, "")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:  # it ended between the two, if there is a /proc
        return not Path("/proc/self").exists()
    except ProcessLookupError:
        return False
