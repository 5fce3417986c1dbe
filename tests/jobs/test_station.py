"""What a worker of a cluster does with an archive, and what travels there and back."""

import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import pytest

from fapproc.archive import Archive
from fapproc.dedup.models import DEFAULT
from fapproc.errors import ArchiveHeld, UsageProblem
from fapproc.executors.here import Here
from fapproc.executors.machine import LEAST_MEMORY, MOST_MEMORY
from fapproc.executors.outcomes import Done, Executor, Outcome, StaysHere
from fapproc.jobs import derive, duplicates, inventory, libraries
from fapproc.jobs.afar import Afar
from fapproc.jobs.derive import DeriveReport
from fapproc.jobs.deriving import Deriving
from fapproc.jobs.looking_twice_one import look_one
from fapproc.jobs.station import KEPT, Calling, Job, Station
from fapproc.jobs.wire import Wire
from fapproc.unlocking import unlock
from fapproc.vault.store import digest_of
from tests import made_once
from tests.drawing import film
from tests.holdings import PASSWORD, content, given
from tests.shelves import blob, fill, numbered, photo

pytestmark = pytest.mark.sqlite

MEMORY = KEPT * MOST_MEMORY
PICTURES = (photo(1), photo(1, quality=60), photo(2), film("GIF", 3, (60, 40)), photo(4)[:900])


@dataclass
class Direct:
    """Hands bytes to a station of this process, as Dask does to one of another."""

    station: Station
    wire: Wire
    travelled: list[bytes]

    def __call__(self, work: Job) -> "_Direct":
        return _Direct(self, self.wire.pack(work), work.name())

    def calling(self, function: Callable[[Any], Any]) -> Any:
        afar = Afar.__new__(Afar)
        vars(afar)["_executor"] = lambda work, most: self(work)
        return afar.calling(function)


@dataclass
class _Direct:
    direct: Direct
    job: bytes
    name: str

    def map(self, tasks: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, Outcome[Any]]]:
        wire, station = self.direct.wire, self.direct.station
        for key, payload in tasks:
            sent = wire.pack([payload])
            answer = station.answer(self.name, sent, self.job)
            assert answer is not None
            self.direct.travelled += [sent, answer, self.job]
            outcomes = wire.unpack(answer)
            if isinstance(outcomes, Exception):
                raise outcomes
            yield key, outcomes[0]


@pytest.fixture(params=[None, PASSWORD], ids=["open", "sealed"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    folder = made_once.put(tmp_path / "archive", _fill, request.param)
    with given(request.param), Archive.open(folder) as made:
        yield made


def _fill(folder: Path, password: str | None) -> None:
    with given(password), Archive.open_or_create(folder) as archive:
        fill(archive, {"lakes": numbered(*PICTURES)})


@pytest.fixture
def direct(archive: Archive) -> Iterator[Direct]:
    station = Station(archive.unlocked, MEMORY)
    yield Direct(station, Wire(archive), [])
    station.close()


def test_what_a_worker_makes_is_what_this_computer_makes(
    archive: Archive, direct: Direct, tmp_path: Path
) -> None:
    with Archive.open_or_create(tmp_path / "here") as here:
        fill(here, {"lakes": numbered(*PICTURES)})
        said = derive.derive(here)
        found = duplicates.find_duplicates(here)
        expected, files = list(inventory.groups(here)), content(here)[1]
    assert derive.derive(archive, elsewhere=direct) == said
    assert (said.made, said.failed) == (4, 1)
    assert duplicates.find_duplicates(archive, executor=direct.calling) == found
    assert [_told(each) for each in inventory.groups(archive)] == [_told(each) for each in expected]
    assert found.groups == 1
    assert content(archive)[1] == files


def _told(group: Any) -> object:
    return group.id, sorted(group.verdicts)


def test_of_a_sealed_archive_nothing_travels_that_can_be_read(
    archive: Archive, direct: Direct
) -> None:
    derive.derive(archive, elsewhere=direct)
    duplicates.find_duplicates(archive, executor=direct.calling)
    whole = b"".join(direct.travelled)
    digest = digest_of(PICTURES[0])
    assert (digest.encode() in whole) == (not archive.sealed)
    assert (b"fapproc.jobs" in whole) == (not archive.sealed)
    if archive.sealed:
        assert all(each.startswith(b"FAPSEAL1") for each in direct.travelled)


def test_a_file_that_a_worker_can_t_read_is_told_and_the_rest_is_done(
    archive: Archive, direct: Direct
) -> None:
    blob(archive, PICTURES[0]).write_bytes(b"spoiled")
    report = derive.derive(archive, elsewhere=direct)
    assert (report.made, report.failed, report.damaged.count) == (3, 1, 1)


DERIVING = Deriving.here(DEFAULT, ["percept"])
LOOKING = Calling(look_one, False, libraries.here())


@pytest.mark.parametrize(
    ("work", "what"),
    [
        (replace(DERIVING, versions=DERIVING.versions | {"percept": "another"}), "percept"),
        *(
            (replace(job, libraries={**job.libraries, library: "0.1"}), library)
            for job in (DERIVING, LOOKING, replace(LOOKING, reads=True))
            for library in ("NumPy", "ONNX Runtime", "OpenCV", "Pillow", "SciPy")
        ),
    ],
)
def test_a_worker_with_other_libraries_is_refused_before_it_makes_anything(
    direct: Direct, work: Job, what: str
) -> None:
    answer = direct.station.answer("1", direct.wire.pack([]), direct.wire.pack(work))
    assert answer is not None
    problem = direct.wire.unpack(answer)
    assert isinstance(problem, UsageProblem)
    assert f"A worker of the cluster has other libraries than this computer: of {what}" in str(
        problem
    )


ENDED: list[str] = []
PROMISED: dict[str, int] = {}


def said(word: str, payload: int) -> str:
    return f"{word}{payload}"


@dataclass
class Saying:
    """A job that says a word of each payload, and notes its end, and its memory until then."""

    word: str

    def name(self) -> str:
        return self.word

    @contextmanager
    def begun(self, archive: Archive, memory: int) -> Iterator[Executor[int, str]]:
        PROMISED[self.word] = memory
        yield Here(partial(said, self.word))
        del PROMISED[self.word]
        ENDED.append(self.word)


def test_two_jobs_are_ready_at_a_time_and_the_one_not_asked_for_longest_ends(
    direct: Direct,
) -> None:
    ENDED.clear()

    def asked(word: str, *, brings: bool = True) -> Any:
        job = direct.wire.pack(Saying(word)) if brings else None
        answer = direct.station.answer(word, direct.wire.pack([1]), job)
        return answer and direct.wire.unpack(answer)

    for word in ("a", "b", "a", "b", "a"):
        assert asked(word) == [Done(f"{word}1")]
    assert ENDED == []
    assert asked("c") == [Done("c1")]
    assert ENDED == ["b"]
    assert asked("b", brings=False) is None
    assert asked("a", brings=False) == [Done("a1")]


@pytest.mark.parametrize(
    ("memory", "promised"),
    [
        (2 * LEAST_MEMORY, {"a": LEAST_MEMORY, "b": LEAST_MEMORY}),
        (2 * LEAST_MEMORY - 1, {"b": 2 * LEAST_MEMORY - 1}),
    ],
)
def test_the_processes_of_jobs_that_are_ready_take_together_what_the_worker_may(
    archive: Archive, memory: int, promised: dict[str, int]
) -> None:
    station, wire = Station(archive.unlocked, memory), Wire(archive)
    for word in ("a", "b"):
        assert station.answer(word, wire.pack([1]), wire.pack(Saying(word))) is not None
    assert promised == PROMISED
    station.close()


def test_a_worker_is_ready_for_what_is_asked_first(archive: Archive) -> None:
    station = Station(archive.unlocked, MEMORY, partial(Saying, "a"))
    assert station.answer("a", Wire(archive).pack([1]), None) is not None
    station.close()
    assert ENDED[-1] == "a"


def test_the_same_work_has_the_same_name_wherever_it_is_and_each_search_its_own() -> None:
    elsewhere = replace(DERIVING, model=replace(DEFAULT, file=Path("elsewhere.onnx")))
    assert elsewhere.name() == DERIVING.name() != Deriving.whole(DEFAULT).name()
    assert LOOKING.name() == Calling(look_one, False, libraries.here()).name()
    search = replace(LOOKING, reads=True)
    assert search.name() != search.name()


class Unsendable(Exception):
    def __reduce__(self) -> NoReturn:
        raise RuntimeError("it stays here")


@dataclass
class Failing:
    """A job that can't be begun, for an error that can't travel."""

    def name(self) -> str:
        return "failing"

    def begun(self, archive: Archive, memory: int) -> AbstractContextManager[Any]:
        raise Unsendable("a word of the archive")


def test_a_worker_that_can_t_begin_what_is_likely_asked_first_works_on_all_else(
    archive: Archive,
) -> None:
    station = Station(archive.unlocked, MEMORY, Failing)
    wire = Wire(archive)
    assert station.answer("a", wire.pack([1]), wire.pack(Saying("a"))) is not None
    station.close()


def test_an_error_that_can_t_travel_comes_in_words_and_as_unreadable_as_all_else(
    archive: Archive, direct: Direct
) -> None:
    answer = direct.station.answer("1", direct.wire.pack([]), direct.wire.pack(Failing()))
    assert answer is not None
    assert (b"a word of the archive" in answer) == (not archive.sealed)
    problem = direct.wire.unpack(answer)
    assert str(problem) == "A worker of the cluster failed: Unsendable: a word of the archive"


def test_without_anything_to_do_no_cluster_is_joined(archive: Archive) -> None:
    nowhere: Any = nullcontext()  # nothing that is asked of what it gives is there
    derive.derive(archive)
    with Afar(archive, lambda _: nowhere) as afar:
        assert derive.derive(archive, elsewhere=afar.deriving) == DeriveReport()


def test_a_job_that_is_not_known_is_asked_for(direct: Direct) -> None:
    assert direct.station.answer("unheard of", direct.wire.pack([1]), None) is None


def test_bytes_under_another_key_are_refused(archive: Archive, tmp_path: Path) -> None:
    other = tmp_path / "other"
    with given(PASSWORD), Archive.open_or_create(other):
        pass
    with given(PASSWORD):
        unlocked = unlock(other)
    with (
        Archive.open_unlocked(unlocked) as sealed,
        pytest.raises(ArchiveHeld, match="sealed or unsealed since a worker"),
    ):
        Wire(sealed).unpack(Wire(archive).pack("words"))


def test_what_reads_the_archive_reads_it_there_and_the_archive_stays(archive: Archive) -> None:
    wire = Wire(archive)
    assert wire.unpack(wire.pack([archive.reading])) == [archive.reading]
    for value in (archive, archive.writing, [archive.unlocked, archive]):
        with pytest.raises(StaysHere, match="an open archive stays in its process"):
            wire.pack(value)
    with pytest.raises(StaysHere):
        pickle.dumps(archive)
