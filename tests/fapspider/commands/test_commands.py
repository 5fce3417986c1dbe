"""`fapproc read`, `get` and `failures` as a person meets them: what is said, kept and returned.

Twisted's reactor runs once in a process, so each command runs in a process of its own.
"""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from fapproc.archive import Archive
from fapproc.jobs import failures as failure_job
from fapproc.jobs import inventory
from fapproc.sources import Source
from fapproc.vault.store import digest_of
from tests import warm
from tests.demosite.model import User
from tests.demosite.pictures import render
from tests.demosite.process import IMPATIENT, DemoSite
from tests.demosite.site import Site
from tests.fapspider.crawling import LOADED, Crawls, asked, contents, nobody, paths, until

SECONDS = 120


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said."""

    code: int | None
    out: str
    err: str


@dataclass
class Fapproc:
    """The command line, with a home and settings of its own."""

    folder: Path
    environment: dict[str, str]

    def __call__(self, *arguments: object, **settings: str) -> Said:
        process = warm.start(
            "fapproc.program:main",
            ["fapproc", *map(str, arguments)],
            modules=LOADED,
            environment=self.environment | settings,
            measured=True,
            folder=self.folder,  # no scrapy.cfg is there
        )
        with process:
            out, err = process.communicate(SECONDS)
        assert "Traceback" not in err, err
        return Said(process.returncode, out, err)


@pytest.fixture
def fapproc(crawls: Crawls, home: Path) -> Fapproc:
    environment = {name: os.environ[name] for name in os.environ if name.startswith("XDG_")}
    environment |= IMPATIENT | {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "FAP_ARCHIVE": str(crawls.archive),
        "SITE_ROOT": crawls.root,
    }
    return Fapproc(crawls.folder, environment)


def error(said: Said) -> str:
    """The one sentence that it ended with."""
    (line,) = [line for line in said.err.splitlines() if line.startswith("Error: ")]
    return line


def test_read_fetches_processes_and_finds_duplicates_and_then_rests(
    fapproc: Fapproc, crawls: Crawls, site: Site, user: User
) -> None:
    done = fapproc("read", "-u", user.name.upper())
    assert done.code == 0, done.err
    summary, processed, grouped = done.out.splitlines()
    assert summary.startswith(f"{user.name}: 3 albums read, 1 folder of galleries skipped; ")
    assert processed.endswith("images processed, 0 failed.")
    assert "possible duplicates" in grouped
    assert f"Album 'Landscapes' ({user.folders[0].id}): 4 images in 1 page; 4 fetched" in done.err
    assert done.err.splitlines()[-1] == "Next: 'fapproc run' shows the pictures."
    held = contents(crawls.archive)
    assert all(entry.image.facts and entry.codes for entry in held.entries)
    assert held.images(user.folders[0].id) == list(user.folders[0].photo_ids)
    site.log.clear()
    again = fapproc("read", "-i", user.id)
    assert again.code == 0 and "no request is sent" in again.err
    assert asked(site) == []


def test_a_read_that_ends_while_another_compares_names_one_next_step(
    fapproc: Fapproc, crawls: Crawls, user: User
) -> None:
    with Archive.open_or_create(crawls.archive) as archive, archive.job("dedup"):
        done = fapproc("read", "-u", user.name, "-f", "landscapes")
    assert done.code == 0
    (told,) = [line for line in done.err.splitlines() if "'fapproc dedup'" in line]
    assert told.startswith("New pictures were not compared: dedup is already running in ")
    assert told.endswith("). Run 'fapproc dedup' when it has ended.") and "end it" not in told


def test_a_sealed_archive_is_made_and_opened_with_a_password_that_is_given_once(
    fapproc: Fapproc, user: User
) -> None:
    done = fapproc("read", "-u", user.name, "-f", "landscapes", "-q", FAP_PASSWORD="correct horse")
    assert (done.code, done.err) == (0, "")
    assert "3 images processed" in done.out
    shown = fapproc("failures", "--json")
    assert shown.code == 12


def test_the_list_of_failures_is_named_only_where_something_failed(
    fapproc: Fapproc, site: Site, user: User
) -> None:
    site.board.set({f"/photo/{user.folders[0].photo_ids[0]}/": "home"})
    done = fapproc("read", "-i", user.id, "--folder-id", user.folders[0].id)
    assert done.code == 3 and "1 page of pictures led to something else" in done.err
    assert "fapproc failures" not in done.err


def test_read_goes_on_after_failures_and_the_code_is_3(
    fapproc: Fapproc, site: Site, user: User
) -> None:
    first, second, *_ = user.folders[0].photo_ids
    site.board.set({str(first): "file-missing", str(second): "cut"})
    done = fapproc("read", "-u", user.name, "-n", "landscapes")
    assert done.code == 3, done.err
    assert "'fapproc failures' lists what failed" in done.err
    assert "1 failed." in done.out and "2 images processed, 1 failed." in done.out
    shown = [json.loads(line) for line in fapproc("failures", "--json").out.splitlines()]
    assert {(each["image"], each["reason"], each["detail"]) for each in shown} == {
        (first, "file", "missing"),
        (second, "damaged", "truncated"),
    }
    assert {(each["user"], each["album"]) for each in shown} == {(user.id, user.folders[0].id)}


def test_retry_asks_for_what_failed_and_for_nothing_else(
    fapproc: Fapproc, crawls: Crawls, site: Site, user: User
) -> None:
    first, second, *_ = user.folders[0].photo_ids
    site.board.set({str(first): "file-missing", str(second): "page-missing"})
    fapproc("read", "-u", user.name, "-n", "landscapes")
    site.board.set({str(first): None})
    site.log.clear()
    done = fapproc("failures", "--retry")
    assert done.code == 3, done.err
    assert "2 images to be tried again: 1 fetched now" in done.out and "1 failed again." in done.out
    photo = site.world.photos[first]
    assert sorted(paths(site)) == sorted([f"/photo/{first}/", photo.full_path, f"/photo/{second}/"])
    assert done.out.splitlines()[-1].startswith(f"{user.name} / 'Landscapes': {second}: page")
    with Archive.open(crawls.archive) as archive:
        assert [each.failure.place.image for each in failure_job.listed(archive, Source.SITE)] == [
            second
        ]
    assert render(photo) in contents(crawls.archive).files.values()


def test_an_unsound_picture_gives_way_to_whole_bytes_and_to_them_alone(
    fapproc: Fapproc, crawls: Crawls, site: Site, user: User
) -> None:
    first, *_ = user.folders[0].photo_ids
    site.board.set({str(first): "cut"})
    fapproc("read", "-u", user.name, "-n", "landscapes")
    assert fapproc("failures", "--retry").code == 3
    [kept] = [json.loads(line) for line in fapproc("failures", "--json").out.splitlines()]
    assert (kept["image"], kept["detail"], kept["kept"]) == (first, "truncated", True)
    site.board.set({str(first): None})
    done = fapproc("failures", "--retry")
    assert done.code == 0, done.err
    assert fapproc("failures", "--json").out == ""
    with Archive.open(crawls.archive) as archive:
        shown = [
            sighting.digest
            for entry in inventory.entries(archive)
            for sighting in entry.sightings
            if sighting.place.image == first
        ]
    assert set(shown) == {digest_of(render(site.world.photos[first]))}


def test_the_site_s_wish_to_stop_is_code_20_and_what_was_had_is_processed(
    fapproc: Fapproc, site: Site, user: User
) -> None:
    last = user.folder_named("Long walk").photo_ids[-1]
    site.board.set({f"/photo/{last}/": "human"})
    done = fapproc("read", "-u", user.name, "-n", "long walk", SITE_PAUSE="0.01")
    assert done.code == 20, done.err
    assert "human check" in error(done)
    assert "images processed, 0 failed." in done.out


def _nobody(site: Site, user: User) -> tuple[object, ...]:
    return "-u", "Nobody Here", "-f", "any"


def _no_favorites(site: Site, user: User) -> tuple[object, ...]:
    return "-u", site.world.users[2].name, "-f", "any"


def _no_folder(site: Site, user: User) -> tuple[object, ...]:
    return "-u", user.name, "-f", "Boats"


def _galleries(site: Site, user: User) -> tuple[object, ...]:
    return "-u", user.name, "-f", "Park galleries"


def _layout(site: Site, user: User) -> tuple[object, ...]:
    site.board.set({"/showfavorites.php": "landmarks"})
    return "-u", user.name, "-f", "Landscapes"


def _refusing(site: Site, user: User) -> tuple[object, ...]:
    site.board.set({"/profile": "503"})
    return "-u", user.name, "-f", "Landscapes"


@pytest.mark.parametrize("command", ["read", "get"])
@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        (_nobody, "has no user 'Nobody Here'"),
        (_no_favorites, "has no folder 'any'. The folders are: none"),
        (_no_folder, "has no folder 'Boats'. The folders are: 'Landscapes'"),
        (_galleries, "is a galleries folder"),
        (_layout, "The site may have changed"),
        (_refusing, "answers 503"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_what_can_t_be_done_is_one_sentence_and_what_was_not_found_makes_no_folder(
    fapproc: Fapproc, site: Site, user: User, command: str, trouble: object, sentence: str
) -> None:
    assert callable(trouble)
    target = fapproc.folder / "below" / "target"
    done = fapproc(command, *trouble(site, user), "-o", target, RETRY_TIMES="0")
    code = 20 if trouble is _refusing else 1  # the site's own trouble, which may pass
    assert (done.code, done.out) == (code, ""), done.err
    assert sentence in error(done)
    assert target.exists() == (trouble is _galleries)  # there is such a folder


@pytest.mark.parametrize("password", ["", "correct horse"])
def test_a_user_who_was_mistyped_leaves_no_archive_behind(
    fapproc: Fapproc, crawls: Crawls, user: User, password: str
) -> None:
    done = fapproc("read", "-u", "Nobody Here", FAP_PASSWORD=password)
    assert (done.code, done.out) == (1, ""), done.err
    assert "has no user 'Nobody Here'" in error(done)
    assert not crawls.archive.exists()
    assert "has no user" in crawls.run("user=Nobody Here")
    assert not crawls.archive.exists()


def test_a_site_that_nobody_answers_for_is_code_1(fapproc: Fapproc, user: User) -> None:
    with nobody() as root:
        done = fapproc("read", "-u", user.name, SITE_ROOT=root)
    assert done.code == 1 and "refuses the connection. Check the network" in error(done)


def test_a_site_that_vanishes_amid_a_crawl_is_code_1_and_the_next_crawl_goes_on(
    fapproc: Fapproc, crawls: Crawls
) -> None:
    def read(site: DemoSite) -> Said:
        whose = ("read", "-u", site.world.main.name, "-f", "Landscapes")
        return fapproc(*whose, SITE_ROOT=site.root, DOWNLOAD_DELAY="0.1")

    with ThreadPoolExecutor(1) as beside:
        with DemoSite(scale=0.1, plain=True) as site:
            reading = beside.submit(read, site)
            until(lambda: sum("/images/full/" in one.path for one in site.requests()) >= 2)
        done = reading.result(SECONDS)
    assert done.code == 1 and "refuses the connection. Check the network" in error(done)
    (shelf,) = contents(crawls.archive).shelves
    assert shelf.failures == [] and shelf.images
    with DemoSite(scale=0.1, plain=True) as site:
        assert read(site).code == 0
        wanted = site.world.main.folder_named("Landscapes")
    assert contents(crawls.archive).images(wanted.id) == list(wanted.photo_ids)


def test_a_site_that_speaks_no_tls_is_code_1(fapproc: Fapproc, crawls: Crawls, user: User) -> None:
    root = crawls.root.replace("http:", "https:")
    done = fapproc("read", "-u", user.name, SITE_ROOT=root)
    assert done.code == 1 and "does not speak TLS" in error(done)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("read", "-f", "any"), "Say whose favorites: --user NAME or --id N."),
        (("read", "-u", "a", "-i", "1"), "not both"),
        (
            ("read", "-i", "x"),
            "'x' is not a number of a user. Give one like --id 1234567, or the user's name: --user",
        ),
        (("read", "-u", "a", "-f", "b", "-n", "c"), "--folder b and --name c. Give one of them"),
        (("read", "-u", "a", "-o", "one", "-d", "two"), "Two archives were named"),
        (("get", "-u", "a"), "Say which folder to get"),
        (("get", "-u", "a", "-f", "b", "-o", " "), "output folder is empty"),
        (("failures", "-u", "a", "-i", "1"), "not both"),
    ],
)
def test_what_can_t_be_meant_is_code_2_before_anything_is_made_or_asked(
    fapproc: Fapproc, crawls: Crawls, site: Site, arguments: tuple[str, ...], sentence: str
) -> None:
    done = fapproc(*arguments)
    assert (done.code, done.out) == (2, "")
    assert sentence in error(done)
    assert asked(site) == [] and not crawls.archive.exists()


def test_get_saves_a_folder_and_asks_for_no_picture_again(
    fapproc: Fapproc, crawls: Crawls, site: Site, user: User
) -> None:
    walk = user.folder_named("Long walk")
    target = crawls.folder / "walk"
    done = fapproc("get", "-u", user.name, "-f", "long walk", "-o", target)
    assert done.code == 0, done.err
    assert done.out.startswith(f"{len(walk.photo_ids)} images saved to {target} (")
    assert "unencrypted" in done.err
    saved = {file.read_bytes() for file in target.iterdir() if file.name != ".fapproc-get"}
    assert saved == {render(site.world.photos[each]) for each in walk.photo_ids}
    assert not crawls.archive.exists()
    site.log.clear()
    planned = fapproc("get", "-u", user.name, "-f", "long walk", "-o", target, "--dry-run")
    assert planned.out.startswith("Nothing is to be fetched; ")
    again = fapproc("get", "-u", user.name, "-f", "long walk", "-o", target, "-q")
    assert (again.code, again.err) == (0, "")
    assert f"0 images saved to {target} (0 B), {len(walk.photo_ids)} already there" in again.out
    assert paths(site, "/photo/") == paths(site, "/images/full/") == []
    told = crawls.run(
        f"user_id={user.id}", "folder=long walk", f"output={target}", "dry_run=1", spider="get"
    )
    assert told.startswith("Nothing is to be fetched; ")
    forced = fapproc("get", "-u", user.name, "-f", "long walk", "-o", target, "--force")
    assert f"0 images saved to {target} (0 B), {len(walk.photo_ids)} already there" in forced.out
    assert len(paths(site, "/images/full/")) == len(walk.photo_ids)


def test_get_tells_each_failure_and_the_code_is_3(
    fapproc: Fapproc, crawls: Crawls, site: Site, user: User
) -> None:
    first, *_ = user.folders[0].photo_ids
    site.board.set({str(first): "file-missing"})
    done = fapproc("get", "-i", user.id, "-n", "landscapes", "-q")
    assert done.code == 3
    assert f"Image {first} " in done.err and "file missing." in done.err
    default = Path(fapproc.environment["HOME"]) / "Downloads" / "imagefap-get"
    assert f"3 images saved to {default}" in done.out


def test_a_folder_that_can_t_be_written_is_told_before_any_request(
    fapproc: Fapproc, crawls: Crawls, site: Site, user: User
) -> None:
    (crawls.folder / "file").touch()
    below = crawls.folder / "file" / "below"
    got = fapproc("get", "-u", user.name, "-f", "landscapes", "-o", below)
    assert got.code == 1 and "name another one with --output" in error(got)
    read = fapproc("read", "-u", user.name, "-o", below)
    assert read.code == 1 and "can't be made" in error(read)
    assert asked(site) == []


def test_a_dry_run_asks_for_lists_and_pages_once_and_for_no_picture(
    fapproc: Fapproc, crawls: Crawls, site: Site, user: User
) -> None:
    Archive.open_or_create(crawls.archive).close()
    first = fapproc("read", "-u", user.name, "--dry-run")
    assert first.code == 0, first.err
    wanted = {image for folder in user.folders for image in folder.photo_ids if folder.pages}
    known = {image for image in wanted if image in site.world.photos}
    assert first.out.startswith(f"{len(known)} pictures would be fetched, with {2 * len(known)} ")
    assert f"; {len(asked(site))} requests were sent to find that out." in first.out
    assert paths(site, "/photo/") == []
    site.log.clear()
    assert (
        "no request was sent to find that out" in fapproc("read", "-u", user.name, "--dry-run").out
    )
    assert asked(site) == []


def test_help_of_the_crawls_imports_no_scrapy() -> None:
    import subprocess

    code = (
        "import sys; from fapproc.cli import main; main(['--help'], standalone_mode=False);"
        "assert not {'scrapy', 'twisted', 'sqlalchemy', 'rich'} & set(sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "read" in ran.stdout and "failures" in ran.stdout
