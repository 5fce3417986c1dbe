"""What a pickle says is read, and nothing that it wants to be done is done."""

import io
import os
import pickle
import random
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from fapproc.cli import main
from fapproc.legacy import pickles, shape
from fapproc.legacy.stand_ins import Members, NotPlain, Numbers, Pairs
from tests.legacy.writer import Level, by_numpy_1, lay, old_archive, pickled
from tests.programs import REPOSITORY, clean
from tests.shelves import files_below

HEAD = b"\x80\x04"


def read(data: bytes) -> object:
    return pickles.read(io.BytesIO(data), len(data))[0]


class Calls:
    """Pickled, it is a call of a function."""

    def __init__(self, function: object, *values: object) -> None:
        self._call = (function, values)

    def __reduce__(self) -> tuple[object, ...]:
        return self._call


def number(count: int, width: int) -> bytes:
    return count.to_bytes(width, "little")


def text(word: str) -> bytes:
    return b"\x8c" + number(len(word), 1) + word.encode()


def named(module: str, name: str) -> bytes:
    return text(module) + text(name) + b"\x93"


F4 = named("numpy", "dtype") + text("f4") + b"\x89\x88\x87R"
EVIL = {
    "os.system": pickle.dumps(Calls(os.system, "touch pwned")),
    "os.system, protocol 0": pickle.dumps(Calls(os.system, "touch pwned"), 0),
    "posix.system by name": HEAD + named("posix", "system") + text("touch pwned") + b"\x85R.",
    "eval": pickle.dumps(Calls(eval, "open('pwned', 'w')")),
    "getattr of the level": HEAD
    + named("builtins", "getattr")
    + named("fapfavorites.fapdata", "_FailureLevel")
    + text("__class__")
    + b"\x86R.",
    "getattr of a module": HEAD + named("builtins", "getattr") + text("os") + text("x") + b"\x86R.",
    "numpy.load": HEAD + named("numpy", "load") + text("pwned") + b"\x85R.",
    "numpy of objects": HEAD + named("numpy", "dtype") + text("O8") + b"\x89\x88\x87R.",
    "array of 10**12": HEAD
    + named("numpy._core.numeric", "_frombuffer")
    + b"(C\x04abcd"
    + F4
    + b"\x8a\x06"
    + number(10**12, 6)
    + b"\x85"
    + text("C")
    + b"tR.",
    "array by another class": HEAD
    + named("numpy._core.multiarray", "_reconstruct")
    + F4
    + b"K\0\x85C\x01b\x87R.",
    "state of a dictionary": HEAD + b"}}b.",
    "new object": HEAD + named("numpy", "ndarray") + b")\x81.",
    "instance": b"(ios\nsystem\n.",
    "extension": HEAD + b"\x82\x01.",
    "persistent": HEAD + text("x") + b"Q.",
    "bytes that it doesn't have": HEAD + b"\x8e" + number(1 << 40, 8) + b".",
    "memo without end": HEAD + b"Nr" + number(0xFFFFFFFF, 4) + b".",
    "number without end": HEAD + b"\x8b" + number(1 << 20, 4) + b"\xff" * (1 << 20) + b".",
    "text without end": HEAD + b"X" + number(1 << 22, 4) + b"a" * (1 << 22) + b".",
    "deep": HEAD + b"]" * 200_000 + b"a" * 199_999 + b".",
    "many lists": HEAD + b"(" + b"]" * 20_000_000 + b"l.",
    "one piled up": HEAD + text("a" * 200) + b"\x94" + b"h\0" * 5_000_000 + b".",
    "no end": HEAD + b"N",
    "nothing": HEAD,
    "ends early": HEAD + b"(.",
    "takes nothing": HEAD + b"\x85.",
    "no dictionary": HEAD + b"N.",
    "an empty one": HEAD + b"}.",
}


@pytest.mark.parametrize("name", EVIL)
def test_what_is_none_is_one_sentence_and_13_and_nothing_is_run_or_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    old = lay(tmp_path / "old", EVIL[name], {})
    before = files_below(old)
    result = CliRunner().invoke(main, ["import-legacy", str(old), "-d", str(tmp_path / "new")])
    assert result.exit_code == 13, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ") and result.stderr.endswith("from a copy.\n")
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "new").exists() and not (tmp_path / "pwned").exists()
    assert files_below(old) == before


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory as Linux tells it")
def test_bombs_take_little_memory(tmp_path: Path) -> None:
    """Measured in a process of its own: what the worst of them takes, with all that is loaded.

    Of the kernel's two figures that of the memory map: `ru_maxrss` begins with what the process
    had that started this one, which was 1.2 GB (2026-11-29).
    """
    names = ("many lists", "one piled up", "deep", "bytes that it doesn't have")
    bombs = {name: EVIL[name] for name in names}
    bombs["many in one"] = HEAD + b"]" + b"]a" * 1_200_000 + b"."
    for name, data in bombs.items():
        lay(tmp_path / name, data, {})
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from click.testing import CliRunner\n"
        "from fapproc.cli import main\n"
        "for old in sys.argv[1:]:\n"
        "    ended = CliRunner().invoke(main, ['import-legacy', old, '-d', old + '-new'])\n"
        "    assert ended.exit_code == 13, ended.output\n"
        "[peak] = [line for line in Path('/proc/self/status').open() if line[:6] == 'VmHWM:']\n"
        "print(peak.split()[1])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, sorted(tmp_path.iterdir()))],
        cwd=REPOSITORY,
        env=clean(os.environ) | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert int(done.stdout) < 500_000  # kB


def test_one_list_in_a_million_places_is_looked_at_only_as_often_as_it_was_written() -> None:
    entries = list(range(1000))
    album = {"name": "a", "pages": 1, "date_blobs": 0, "images": entries, "failed_images": set()}
    old = old_archive()
    old.parts["favorites"][7700] = dict.fromkeys(range(1, 1000), album)
    data = pickled(old.parts)
    assert len(data) < 100_000
    value, steps = pickles.read(io.BytesIO(data), len(data))
    with pytest.raises(NotPlain, match="over and over"):
        shape.database(value, steps)


def test_tags_without_end_are_refused() -> None:
    old = old_archive()
    inner: dict[int, object] = {}
    inner[1] = {"name": "round", "tags": inner}
    old.parts["tags"] = inner
    data = pickled(old.parts)
    with pytest.raises(NotPlain, match="deeper"):
        shape.database(*pickles.read(io.BytesIO(data), len(data)))


def test_values_come_as_they_were_written() -> None:
    value = ["a", "é", None, True, False, 0, -1, 255, 65536, -(2**31), 2**40, 1.5, (), (1,), b"x"]
    assert read(pickle.dumps(value)) == value
    made = read(pickle.dumps({"a": {1: [2]}, "b": {3}}))
    assert made == ["a", [1, [2]], "b", [3]]
    assert isinstance(made, Pairs) and isinstance(made[3], Members)


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_arrays_come_as_their_numbers_whatever_protocol(protocol: int) -> None:
    vector = np.arange(3, dtype=np.float32)
    for made in (vector, np.arange(6, dtype=np.float32)[::2], vector.astype(">f4")):
        found = read(pickle.dumps(made, protocol))
        assert isinstance(found, Numbers)
        order = ">" if found.order == ">" else "<"
        assert struct.unpack(f"{order}{found.count}f", found.data) == tuple(made.tolist())
    assert read(pickle.dumps([np.float32(0.5), np.int64(3), np.bool_(True)], protocol)) == [
        0.5,
        3,
        1,
    ]


def test_a_level_comes_as_ours_also_as_early_python_3_11_wrote_it() -> None:
    from fapproc.model import Level as Ours

    assert read(pickled(Level.FULL_RES)) is Ours.FILE
    member = named("builtins", "getattr") + named("fapfavorites.fapdata", "_FailureLevel")
    assert read(HEAD + member + text("IMAGE_PAGE") + b"\x86R.") is Ours.PAGE


def test_numbers_too_wide_for_a_database_become_others_that_are_always_the_same() -> None:
    wide = [2**127 + 5, 2**127 + 6, -(2**100), 2**61]
    narrow = read(pickle.dumps(wide))
    assert isinstance(narrow, list)
    assert narrow == read(pickle.dumps(wide)) and len(set(narrow)) == 4
    assert all(abs(each) < 2**62 for each in narrow) and narrow[3] == 2**61


def test_what_numpy_1_wrote_is_read_alike() -> None:
    old = old_archive()
    data = pickled(old.parts)
    assert read(by_numpy_1(data)) == read(data)


@given(st.integers(0, 2**32))
def test_whatever_becomes_of_the_bytes_they_are_read_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(WHOLE)
    for _ in range(chance.randint(1, 4)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    if chance.random() < 0.3:
        del data[chance.randrange(len(data)) :]
    with suppress(NotPlain):
        shape.database(*pickles.read(io.BytesIO(bytes(data)), len(data)))


WHOLE = pickled(old_archive().parts)
