"""A database server that cuts its connections, or stops, amid each kind of job.

Whoever was at work ends with one sentence and 1; run again, the command does the rest: no row is
lost or doubled.
"""

import random
import shutil
import time
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.database_server import DatabaseServer, served
from tests.demosite.process import IMPATIENT, DemoSite
from tests.drawing import landscape
from tests.holdings import PASSWORD
from tests.programs import Home

SOUND = "Everything is there and sound.\n"
CUT = """
    CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid();
        PERFORM pg_terminate_backend(pg_backend_pid());
        RETURN NULL;
    END $$
"""
"""Ends all sessions with a database, its own as the last one, amid a transaction that writes."""
JOBS = {
    "import": (("import", "{pictures}", "-q"), "INSERT ON image"),
    "process": (("process", "-q"), "INSERT ON encoding"),
    "dedup": (("dedup", "-q"), "INSERT ON group_member"),
    "tag": (("tag", "create", "Meadows/Alpine"), "INSERT ON tag"),
    "delete": (("delete", "--all", "--yes", "-q"), "DELETE ON image"),
    "seal": (("seal", "-q"), "UPDATE ON archive"),
    "unseal": (("unseal", "-q"), "UPDATE ON archive"),
}
ORDER = ("import", "process", "dedup", "tag", "seal", "unseal", "delete")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with pictures, some of them near duplicates."""
    made = Home(tmp_path / "home")
    (made.folder / "pictures").mkdir(parents=True)
    for seed in range(6):
        landscape(seed, (60, 40)).save(made.folder / "pictures" / f"{seed}.png")
        landscape(seed, (60, 40)).save(made.folder / "pictures" / f"{seed}.jpg", quality=90)
    return made


def command(home: Home, job: str) -> list[str]:
    return [each.format(pictures=home.folder / "pictures") for each in JOBS[job][0]]


def is_cut_amid(home: Home, server: DatabaseServer, job: str) -> None:
    """Run a job that loses its sessions amid what it writes."""
    with server.session("cut") as session:
        session.execute(CUT)
        kind = JOBS[job][1]
        session.execute(
            f"CREATE TRIGGER cut AFTER {kind} FOR EACH STATEMENT EXECUTE FUNCTION cut()".encode()
        )
    ended = home.run(*command(home, job))
    lines = [line for line in ended.stderr.splitlines() if not line.startswith("Warning")]
    assert (ended.returncode, len(lines)) == (1, 1), ended.stderr
    assert "can't be reached" in lines[0] and "run the same command again" in lines[0]
    with server.session("cut") as session:
        session.execute("DROP FUNCTION cut() CASCADE")


def holds(home: Home) -> tuple[str, str]:
    """What is in an archive, but for when it came and what jobs noted."""
    return home.done("print", "--json"), home.done("tag", "list", "--json")


@pytest.mark.parametrize(
    "jobs",
    [pytest.param(ORDER[:1], id="import"), pytest.param(ORDER, marks=pytest.mark.long, id="all")],
)
def test_a_job_whose_connections_are_cut_is_done_when_it_is_run_again(
    home: Home, jobs: tuple[str, ...]
) -> None:
    server = served()
    home.done("init", "--database", server.empty("cut"))
    for job in jobs:
        home.password(PASSWORD if job in ("seal", "unseal") else None)
        is_cut_amid(home, server, job)
        home.done(*command(home, job))
        home.password(PASSWORD if job == "seal" else None)
        assert home.done("check", "--read-data") == SOUND
        with server.session("cut") as session:
            [images] = session.execute("SELECT count(*) FROM image").fetchone() or [None]
        assert images == (0 if job == "delete" else 12)


@pytest.mark.long
@pytest.mark.parametrize("job", [*JOBS, "move there", "move back"])
def test_a_job_whose_server_is_killed_is_done_when_the_server_is_back(home: Home, job: str) -> None:
    server = DatabaseServer(served().programs, Path(mkdtemp(prefix="database-")))
    server.make()
    server.start()
    try:
        chance = random.Random(job)
        pictures = home.folder / "pictures"
        url = server.empty("cut")
        done = {"move there": ("move", "--database", url), "move back": ("move", "--database", ".")}
        at = ORDER.index(job) if job in ORDER else 3
        if job == "move there":
            home.done("import", str(pictures))
        else:
            home.done("init", "--database", url)
        for each in ORDER[:at] if job != "move there" else ():
            home.password(PASSWORD if each in ("seal", "unseal") else None)
            home.done(*command(home, each))
        home.password(PASSWORD if job in ("seal", "unseal") else None)
        asked = done.get(job) or command(home, job)
        for _ in range(6):
            with home.start(*asked) as process:
                time.sleep(chance.uniform(0.1, 1.5))
                server.kill()
                _, said = process.communicate(timeout=120)
            server.start()
            lines = [each for each in said.splitlines() if not each.startswith("Warning")]
            if process.returncode == 0:
                break
            assert process.returncode == 1 and "Traceback" not in said, said
            assert len(lines) == 1, said
        if process.returncode:
            home.done(*asked)
        home.password(PASSWORD if job == "seal" else None)
        assert home.done("check", "--read-data") == SOUND
    finally:
        server.stop()
        shutil.rmtree(server.root)


@pytest.mark.long
def test_a_crawl_whose_server_is_killed_goes_on_when_it_is_back(home: Home) -> None:
    server = served()
    with DemoSite(scale=0.1, plain=True) as site:
        home.settings |= {"SITE_ROOT": site.root, **IMPATIENT}
        home.done("init", "--database", server.empty("cut"))
        user = site.world.main
        with server.session("cut") as session:
            session.execute(CUT)
            session.execute(
                "CREATE TRIGGER cut AFTER INSERT ON image FOR EACH STATEMENT EXECUTE FUNCTION cut()"
            )
        ended = home.run("read", "-u", user.name, "-q")
        assert ended.returncode == 1 and "can't be reached" in ended.stderr, ended.stderr
        with server.session("cut") as session:
            session.execute("DROP FUNCTION cut() CASCADE")
        home.run("read", "-u", user.name, "-q")
        assert home.done("check", "--read-data") == SOUND
        pictures = {photo for each in user.folders for photo in each.photo_ids}
        with server.session("cut") as session:
            query = "SELECT count(DISTINCT site_id) FROM listing WHERE image_id IS NOT NULL"
            [had] = session.execute(query).fetchone() or [None]
        assert had is not None and 0 < int(str(had)) <= len(pictures)
