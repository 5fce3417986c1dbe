"""The server of a bucket dies amid each kind of job: one sentence, nothing lost, all goes on."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.demosite.process import IMPATIENT
from tests.demosite.site import Site
from tests.drawing import landscape
from tests.fapspider.conftest import small_world
from tests.fapspider.crawling import serving
from tests.programs import Home
from tests.vault.between import Between, between
from tests.vault.object_storage import BUCKET, WITHIN, ObjectStorage

SOUND = "Everything is there and sound.\n"
IMPORT = "import {home}/pictures"


@dataclass(frozen=True, slots=True)
class Job:
    """A command, amid which request the server dies, and what is done before."""

    line: str
    amid: str
    before: tuple[str, ...] = (IMPORT,)
    after: str = ""
    """What stands in its result when it is run again."""


JUDGED = ("process", "dedup", "verdict set keep {large}", "verdict set skip {small}")
JOBS = {
    "import": Job(IMPORT, "PUT {place}/blobs", (), "6 new pictures"),
    "process, reading": Job("process", "GET {place}/blobs", after="6 images processed"),
    "process, writing": Job("process", "PUT {place}/thumbs", after="6 images processed"),
    "dedup": Job("dedup", "GET {place}/thumbs", (IMPORT, "process"), "1 group"),
    "check": Job("check --read-data", "GET {place}/blobs", after=SOUND.strip()),
    "repair": Job("check --repair", "GET /pictures?list-type", after=SOUND.strip()),
    "backup": Job("backup {home}/copy", "GET {place}/blobs", after="6 images"),
    "export": Job("export --all --output {home}/out", "GET {place}/blobs", after="6 "),
    "prune": Job("prune --now --yes", "HEAD {place}/blobs", (IMPORT, *JUDGED)),
    "seal": Job("seal", "PUT {place}/blobs", after="Sealed"),
    "move there": Job(
        "move --blobs s3://pictures/other", "PUT /pictures/other/b", after="6 images"
    ),
    "move back": Job("move --blobs .", "GET {place}/blobs", after="6 images moved"),
}


def images(home: Home) -> list[object]:
    """What is in the archive."""
    printed = map(json.loads, home.done("print", "--json").splitlines())
    return [entry["sha256"] for entry in printed if entry["kind"] == "image"]


BRIEF = ("process, writing", "check", "move back")
"""Of these, what is tried in each run of the tests."""


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStorage]:
    """A server that tests stop."""
    made = ObjectStorage(tmp_path_factory.mktemp("storage"))
    (made.root / BUCKET).mkdir()
    yield made
    made.stop()


@pytest.fixture
def way(storage: ObjectStorage) -> Iterator[Between]:
    storage.stop()
    storage.start()
    with between(storage) as state:
        yield state


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in BRIEF else pytest.mark.long) for name in JOBS]
)
def test_a_job_amid_which_the_server_dies_says_so_once_loses_nothing_and_goes_on_when_it_is_back(
    name: str, storage: ObjectStorage, way: Between, tmp_path: Path
) -> None:
    job = JOBS[name]
    home = Home(tmp_path / "home", {**storage.environment, "AWS_ENDPOINT_URL": way.address})
    pictures = home.folder / "pictures"
    pictures.mkdir(parents=True)
    for seed in range(5):
        landscape(seed, (160, 120)).save(pictures / f"{seed}.png")
    landscape(0, (320, 240)).save(pictures / "large.png")
    digests = {
        said: hashlib.sha256((pictures / file).read_bytes()).hexdigest()
        for said, file in (("small", "0.png"), ("large", "large.png"))
    }
    place = storage.place()
    home.done("init", *([] if name == "move there" else ["--blobs", place]))
    for line in job.before:
        home.done(*line.format(home=home.folder, **digests).split(), "-q")
    if name == "seal":
        home.settings["FAP_NEW_PASSWORD"] = home.settings["FAP_PASSWORD"] = "correct horse"
    words = job.line.format(home=home.folder).split()
    way.holds = job.amid.format(place=place.removeprefix("s3:/"))
    with home.start(*words) as process:
        assert way.held.wait(WITHIN), process.communicate(timeout=WITHIN)
        storage.stop()
        way.released.set()
        told = process.communicate(timeout=WITHIN)[1]
    assert process.returncode == 1, told
    wrong = [line for line in told.splitlines() if line.startswith("Error: ")]
    assert "can't be reached: the server does not answer. Look at the server" in wrong[0]
    if name == "prune":  # the rows have gone, and the files are noted
        assert "could not be removed" in wrong.pop()
    assert len(wrong) == 1, told
    storage.start()
    if name != "seal":  # what was begun is ended before anything else
        assert len(images(home)) == {"import": 0, "prune": 5}.get(name, 6)
        assert home.done("check", "--read-data") == SOUND
    assert job.after in home.done(*words)
    assert len(images(home)) == (5 if name == "prune" else 6)
    assert home.done("check", "--read-data") == SOUND


@pytest.mark.long
def test_a_crawl_amid_which_the_server_dies_ends_with_a_sentence_and_goes_on_when_it_is_back(
    storage: ObjectStorage, way: Between, tmp_path: Path
) -> None:
    home = Home(tmp_path / "home", {**storage.environment, "AWS_ENDPOINT_URL": way.address})
    home.folder.mkdir()
    place = storage.place()
    home.done("init", "--blobs", place)
    with serving(Site(small_world())) as site:
        home.settings |= {"SITE_ROOT": site.root, **IMPATIENT}
        name = site.world.main.name
        way.holds = f"PUT {place.removeprefix('s3:/')}/blobs"
        with home.start("read", "-u", name, "-q") as process:
            assert way.held.wait(WITHIN), process.communicate(timeout=WITHIN)
            storage.stop()
            way.released.set()
            told = process.communicate(timeout=2 * WITHIN)[1]
        assert process.returncode == 1, told
        wrong = [line for line in told.splitlines() if "can't be reached" in line]
        assert len(wrong) == 1 and "Traceback" not in told, told
        storage.start()
        assert home.done("check", "--read-data") == SOUND
        before = images(home)
        home.done("read", "-u", name, "-q")
        assert len(images(home)) > len(before)
        assert home.done("check", "--read-data") == SOUND
