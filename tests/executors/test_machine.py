from pathlib import Path

import pytest

from fapproc.executors.machine import GIB, LEAST_MEMORY, MOST_MEMORY, available_memory, share

MEMINFO = "MemTotal: 16777216 kB\nMemFree: 1 kB\nMemAvailable: {} kB\n"


def machine(root: Path, free: int, groups: str = "", **files: str) -> Path:
    """The files of a system with so many free bytes; `__` stands for `/` in the others' names."""
    told = {"proc/meminfo": MEMINFO.format(free // 1024), "proc/self/cgroup": groups}
    told |= {f"sys/fs/cgroup/{name.replace('__', '/')}": text for name, text in files.items()}
    for name, text in told.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture(autouse=True)
def as_many_as_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fapproc.executors.machine.MOST_PROCESSES", 60)


@pytest.mark.parametrize("free", [GIB // 2, 2 * GIB, 5 * GIB, 100 * GIB])
@pytest.mark.parametrize("processes", [None, 1, 4, 60])
@pytest.mark.parametrize("most", [MOST_MEMORY, 2 * MOST_MEMORY])
def test_all_workers_together_take_less_than_is_free(
    tmp_path: Path, free: int, processes: int | None, most: int
) -> None:
    part = share(processes, machine(tmp_path, free), most=most)
    assert 1 <= part.processes <= (processes or 60)
    assert part.processes * part.memory <= free
    assert part.memory <= most
    assert part.processes == 1 or part.memory >= LEAST_MEMORY


def test_a_container_s_limit_counts_and_what_its_files_cache_does_not(tmp_path: Path) -> None:
    stat = f"anon 5\ninactive_file {GIB // 2}\n"
    files = {
        "box__memory.max": str(2 * GIB),
        "box__memory.current": str(GIB),
        "box__memory.stat": stat,
        "memory.max": "max",
    }
    here = machine(tmp_path, 50 * GIB, "0::/box\n", **files)
    assert available_memory(here) == 2 * GIB - GIB + GIB // 2
    inside = machine(
        tmp_path / "inside",
        50 * GIB,
        "0::/\n",
        **{name.removeprefix("box__"): text for name, text in files.items() if "box" in name},
    )
    assert available_memory(inside) == available_memory(here)


def test_the_older_kind_of_groups_counts_too_and_the_tightest_wins(tmp_path: Path) -> None:
    files: dict[str, str] = {}
    for name, limit in (
        ("memory__", 9 * GIB),
        ("memory__a__", 3 * GIB),
        ("memory__a__b__", 6 * GIB),
    ):
        files |= {
            f"{name}memory.limit_in_bytes": str(limit),
            f"{name}memory.usage_in_bytes": str(GIB),
            f"{name}memory.stat": "total_inactive_file 0\n",
        }
    here = machine(tmp_path, 50 * GIB, "9:cpu:/x\n4:memory:/a/b\n0::/\n", **files)
    assert available_memory(here) == 2 * GIB


def test_where_the_system_says_nothing_there_are_as_many_as_asked_for(tmp_path: Path) -> None:
    assert available_memory(tmp_path) is None
    assert share(7, tmp_path).processes == 7
