"""Jobs run beside the viewer, in a process that gets the keys from it and doesn't outlive it."""

import json
import os
import signal
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from fapproc.archive import Archive
from fapproc.commandline.apart import Job
from fapproc.jobs import journal
from fapproc.looking import open_to_read
from fapproc.model import Format
from fapproc.vault.store import Key, Kind
from tests.holdings import given
from tests.webviewer.shelf import ANNA, MEADOW, Shelf, digest
from tests.webviewer.test_finding import shown
from tests.webviewer.test_pages import body
from tests.webviewer.test_server import running, until
from tests.webviewer.test_serving import RUN
from tests.webviewer.visitors import TOKEN, browser, form_token, viewer_for, viewer_held
from webviewer.held import Held
from webviewer.running import Run, State

PAGE = "/viewer/jobs/"
DATA = "/viewer/data/jobs/"
PASSWORD = "correct-horse"


@pytest.fixture
def plain(archive: Archive) -> Shelf:
    """Five images of which nothing is known yet."""
    made = Shelf(archive)
    made.user(ANNA, "Anna", {MEADOW: "Meadow"})
    made.fill(ANNA, MEADOW, range(1, 6))
    return made


@pytest.fixture
def held(archive: Archive) -> Iterator[Held]:
    made = Held(archive)
    yield made
    made.leave()


@pytest.fixture
def mine(held: Held) -> FlaskClient:
    return viewer_held(held).test_client()


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Somebody else writes all the time, so a job gets no turn."""
    with Archive.open(folder) as other, other.writing():
        yield


def over(held: Held) -> Run:
    """The last job, once it is over."""
    until(lambda: held.jobs.running is None)
    return held.jobs.over[0]


def waits(held: Held) -> Run:
    """The job that runs, once it is at work: it ends not before it can write."""

    def says() -> bool:
        now = held.jobs.running
        assert now is not None, held.jobs.over
        return now.step.startswith("Processing")

    until(says)
    found = held.jobs.running
    assert found is not None
    return found


def is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_job_is_started_beside_the_viewer_and_the_page_tells_what_came_of_it(
    mine: FlaskClient, held: Held, plain: Shelf
) -> None:
    assert "No job has run yet" in body(mine, PAGE)
    done = mine.post(PAGE, data={"what": "check", "read_data": "1"})
    assert (done.status_code, done.location) == (303, PAGE)
    assert over(held).state is State.DONE
    assert "Everything is there and sound." in body(mine, PAGE)
    plain.archive.vault.delete(Key(Kind.BLOB, digest(1), Format.PNG))
    asked = mine.post(DATA, json={"what": "check"})
    assert (asked.status_code, asked.get_json()["what"]) == (202, "check")
    assert over(held).state is State.FOUND
    assert "found something" in body(mine, PAGE) and digest(1)[:16] in body(mine, PAGE)


def test_what_a_job_says_and_how_far_it_is_comes_to_who_asks_only_if_it_has_changed(
    mine: FlaskClient, held: Held, archive: Archive, plain: Shelf
) -> None:
    first = mine.get(DATA)
    assert first.get_json() == {"running": None, "others": [], "ended": None}
    same = {"If-None-Match": first.headers["ETag"]}
    assert mine.get(DATA, headers=same).status_code == 304
    with writing(archive.folder):
        mine.post(DATA, json={"what": "process"})
        run = waits(held)
        told = mine.get(DATA, headers=same)
        assert told.status_code == 200
        now = told.get_json()["running"]
        assert (now["number"], now["what"], now["called"]) == (run.number, "process", "Process")
        assert now["step"].startswith("Processing: ") and 0 <= now["part"] <= 1
        page = body(mine, PAGE)
        assert "of 5 images" in page and '<progress max="1"' in page
        assert f'action="/viewer/job/{run.number}/cancel/"' in page
        assert ">Process" in body(mine, "/viewer/users/").partition("data-job")[2][:40]
        [other] = told.get_json()["others"]  # who writes; neither the viewer nor its job
        assert f"pid {os.getpid()} " in other and other in page.replace("&#39;", "'")
    assert over(held).state is State.DONE
    assert mine.get(DATA).get_json()["ended"] == run.number
    assert plain.stored(1).image.thumb_digest is not None
    [note] = journal.notes(archive, limit=9)
    assert note.said == "5 images processed, 0 failed."
    assert body(mine, PAGE).count(note.said) == 1  # of the journal, and of this viewer: told once
    later = viewer_for(archive).test_client()
    assert note.said in body(later, PAGE)
    form = shown(mine) | {"regular_percept": "6", "do": "find"}
    found = mine.post("/viewer/duplicates/", data=form)
    assert (found.status_code, found.location) == (303, PAGE)
    searched = over(held)
    assert (searched.job, searched.state) == (Job.DEDUP, State.DONE)
    assert searched.steps  # one after the other
    assert "of possible duplicates" in " ".join(searched.sentences)


def test_a_job_is_ended_as_by_ctrl_c_and_one_runs_at_a_time(
    mine: FlaskClient, held: Held, archive: Archive, plain: Shelf
) -> None:
    with writing(archive.folder):
        mine.post(PAGE, data={"what": "process"})
        run = waits(held)
        again = mine.post(PAGE, data={"what": "dedup"})
        assert again.status_code == 409
        assert "process is running. End it, or wait for it." in again.text
        assert mine.post(DATA, json={"what": "dedup"}).status_code == 409
        assert mine.post(f"/viewer/job/{run.number}/cancel/").status_code == 303
        ended = over(held)
    assert ended.state is State.ENDED
    assert "Ended; what was done is kept. Start it again to go on." in ended.sentences
    assert "ended early" in body(mine, PAGE)
    assert mine.post(f"/viewer/data/job/{run.number}/cancel/").status_code == 409


def test_who_does_the_job_elsewhere_is_named_and_nothing_is_started(
    mine: FlaskClient, held: Held, archive: Archive, plain: Shelf
) -> None:
    with Archive.open(archive.folder) as other, other.job("dedup"):
        told = mine.post(PAGE, data={"what": "dedup"})
        assert told.status_code == 409
        assert "dedup is already running in" in told.text and f"pid {os.getpid()}" in told.text
        assert mine.post(DATA, json={"what": "dedup"}).status_code == 409
    assert held.jobs.running is None and not held.jobs.over
    for nonsense in ("", "read", "../x"):
        assert mine.post(PAGE, data={"what": nonsense}).status_code == 400
    assert mine.post(DATA, json=[]).status_code == 400


def test_of_an_archive_that_is_only_read_no_job_is_started(archive: Archive, plain: Shelf) -> None:
    with open_to_read(archive.folder, only=True) as opened:
        client = viewer_for(opened).test_client()
        assert "no job can be started" in body(client, PAGE)
        told = client.post(PAGE, data={"what": "process"})
    assert told.status_code == 500
    assert "opened read-only" in told.text


def test_a_job_whose_process_is_killed_has_failed_and_says_why(
    mine: FlaskClient, held: Held, archive: Archive, plain: Shelf
) -> None:
    with writing(archive.folder):
        mine.post(PAGE, data={"what": "process"})
        os.kill(waits(held).pid, signal.SIGKILL)
        assert over(held).state is State.FAILED
    assert "it was killed; memory may have run out" in body(mine, PAGE)


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    with given(PASSWORD), Archive.open_or_create(tmp_path / "sealed") as made:
        shelf = Shelf(made)
        shelf.user(ANNA, "Anna", {MEADOW: "Meadow"})
        shelf.fill(ANNA, MEADOW, range(1, 6))
    return tmp_path / "sealed"


def test_to_lock_ends_a_job_and_no_key_was_told_to_others(sealed: Path) -> None:
    with given(PASSWORD):
        held = Held(Archive.open(sealed), idle=900)
    with given(PASSWORD):
        other = Archive.open(sealed)
    client = browser(viewer_held(held))
    token = {"csrf_token": form_token(client)}
    with other, other.writing():
        client.post(PAGE, data=token | {"what": "process"})
        run = waits(held)
        if sys.platform == "linux":
            seen = b"".join(
                Path(f"/proc/{run.pid}/{name}").read_bytes() for name in ("cmdline", "environ")
            )
            borrowed = held.borrow()
            keys = borrowed.unlocked.keys
            held.give_back(borrowed)
            assert keys is not None
            for secret in (keys._master, keys._master.hex().encode(), PASSWORD.encode()):
                assert secret not in seen
        assert client.post("/viewer/lock/", data=token).status_code == 303
        until(lambda: not is_there(run.pid))
    assert over(held).state is State.ENDED
    assert client.get(DATA).status_code == 423


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_job_ends_with_the_viewer_however_that_ends(sealed: Path, how: signal.Signals) -> None:
    with given(PASSWORD):
        other = Archive.open(sealed)
    with other, given(PASSWORD), running(RUN, sealed) as (viewer, port), other.writing():
        root = f"http://127.0.0.1:{port}{DATA}"
        asking = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        sent = urllib.request.Request(root, b'{"what": "process"}', asking)
        with urllib.request.urlopen(sent, timeout=60) as told:
            assert json.loads(told.read())["what"] == Job.PROCESS
        before = {viewer.pid, os.getpid()}
        found = list[int]()

        def started() -> bool:
            found[:] = [each.pid for each in other.others() if each and each.pid not in before]
            return len(found) == 1

        until(started)
        viewer.send_signal(how)
        viewer.wait(120)
        if how is signal.SIGKILL:
            until(lambda: not other.others())
        assert other.others() == []
