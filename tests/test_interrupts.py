import gc
import importlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from fapproc.interrupts import Interrupts, whole

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")


@pytest.fixture
def interrupts() -> Iterator[Interrupts]:
    numbers = (signal.SIGINT, signal.SIGALRM)
    before, hook = [signal.getsignal(number) for number in numbers], sys.unraisablehook
    made = Interrupts()
    made.hold()
    yield made
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)
    sys.unraisablehook = hook


def press() -> None:
    signal.raise_signal(signal.SIGINT)


def test_what_comes_before_anybody_hears_it_is_raised_when_somebody_does(
    interrupts: Interrupts,
) -> None:
    press()
    with pytest.raises(KeyboardInterrupt), interrupts.heard():
        pytest.fail("nothing was to be done any more")


def test_what_comes_when_all_is_done_changes_nothing(interrupts: Interrupts) -> None:
    with interrupts.heard():
        pass
    press()


def test_an_import_is_not_broken_into(
    interrupts: Interrupts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "interrupted_module.py").write_text(
        "import signal\nsignal.raise_signal(signal.SIGINT)\nwhole = True\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    imported = []
    with pytest.raises(KeyboardInterrupt), interrupts.heard():
        imported.append(importlib.import_module("interrupted_module"))
        time.sleep(60)
    assert imported[0].whole


def test_an_import_that_takes_long_is_looked_at_ever_more_rarely(
    interrupts: Interrupts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "slow_module.py"
    slow.write_text("import signal, time\nsignal.raise_signal(signal.SIGINT)\ntime.sleep(1)\n")
    monkeypatch.syspath_prepend(tmp_path)
    looks, look = [], signal.getsignal(signal.SIGALRM)
    assert callable(look)

    def count(number: int, frame: FrameType | None) -> None:
        looks.append(number)
        look(number, frame)

    signal.signal(signal.SIGALRM, count)
    with pytest.raises(KeyboardInterrupt), interrupts.heard():
        importlib.import_module(slow.stem)
        time.sleep(60)
    assert 0 < len(looks) < 10


def test_what_is_to_be_whole_is_done_to_its_end(interrupts: Interrupts) -> None:
    done = []

    @whole()
    def draw() -> None:
        with whole():
            press()
        done.append("half")
        press()
        done.append("all")

    with pytest.raises(KeyboardInterrupt), interrupts.heard():
        draw()
        time.sleep(60)
    assert done == ["half", "all"]


def test_an_import_in_vain_leaves_ctrl_c_heard(
    interrupts: Interrupts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken_module.py"
    broken.write_text("raise ImportError('no such library')\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(KeyboardInterrupt), interrupts.heard():
        with pytest.raises(ImportError):
            importlib.import_module(broken.stem)
        press()
        pytest.fail("it was to be raised at once")


def test_one_that_a_finalizer_swallows_is_raised_all_the_same(
    interrupts: Interrupts, capsys: pytest.CaptureFixture[str]
) -> None:
    class Finalized:
        def __del__(self) -> None:
            press()

    with pytest.raises(KeyboardInterrupt), interrupts.heard():
        Finalized()
        gc.collect()
        time.sleep(60)
    assert capsys.readouterr().err == ""


def test_nothing_is_loaded_before_ctrl_c_is_heard_but_what_hears_it() -> None:
    """Ctrl-C while click was loading was a traceback."""
    asked = "import sys, fapproc.program; sys.exit('click' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], timeout=60, check=False).returncode == 0
