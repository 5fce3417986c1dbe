"""Every command that README and docs show is run here, as a newcomer would type it."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from fapproc.cli import main
from fapproc.config import SETTINGS, Setting
from tests import database_server, warm
from tests.demosite import demo
from tests.demosite.process import IMPATIENT
from tests.demosite.site import Site
from tests.drawing import landscape
from tests.fapspider.conftest import small_world
from tests.fapspider.crawling import LOADED, serving
from tests.legacy.writer import old_archive
from tests.processes import Process
from tests.vault.object_storage import served

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BIN = Path(sys.executable).parent
INSTALL = ("python3 -m venv", ". .venv", "pip install ")
DEMO = "-m tests.demosite.demo --no-serve --scale 0.1 --archive"
EXAMPLE = re.compile(r"\b(?=[0-9a-f]*[0-9])[0-9a-f]{6}\b")
"""A digest that a page shows, by its first digits."""
OF_ITS_OWN = {"first-collection", "cluster", "trial"}
"""These pages have tests of their own, which look what their commands leave behind."""
SERVERS = ("flask run", "fapproc run")
PROGRAMS = {"fapproc": "fapproc.program:main", "scrapy": "scrapy.cmdline:execute"}
OF_A_SHELL = re.compile(r"[|<>;&`*?()#\\{\[]")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """A copy of the project, a home with pictures in it, and a site to crawl."""
    folder = tmp_path_factory.mktemp("newcomer")
    project = folder / "project"
    shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(".*", "demo-archive"))
    shutil.copy(ROOT / ".flaskenv", project)
    pictures = folder / "Pictures" / "favorites"
    pictures.mkdir(parents=True)
    for seed in range(3):
        landscape(seed, (320, 240)).save(pictures / f"{seed}.jpg")
    landscape(0, (320, 240)).save(pictures / "0 again.jpg", quality=50)
    old_archive().write(folder / "fapfavorites-2.0")
    with serving(Site(small_world())) as site:
        site.board.set({str(site.world.main.folders[0].photo_ids[0]): "file-missing"})
        environment = {
            **os.environ,
            "HOME": str(folder),
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "SITE_ROOT": site.root,
            **IMPATIENT,
            **served().environment,
            "NAME": site.world.main.name,
        }
        yield project, environment


def commands(page: Path) -> list[str]:
    """The lines of a page's shell blocks."""
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.stem not in OF_ITS_OWN], ids=lambda page: page.stem
)
def test_every_command_of_a_page_does_what_it_says(
    page: Path, home: tuple[Path, dict[str, str]]
) -> None:
    project, environment = home
    if not commands(page):
        return
    if page.stem == "database":
        environment |= database_server.served().serving("me", "favorites", "shared")
    _fill(project, environment)
    if page.stem == "manners":  # a first crawl would wait for its budgets; what rests asks nothing
        _run("fapproc read -u NAME", project, environment)
    for line in commands(page):
        _run(line, project, environment)
    if "FAP_PASSWORD" in environment:
        _run("fapproc unseal", project, environment)


def test_the_two_commands_for_a_newcomer_are_those_of_the_makefile() -> None:
    shown = commands(ROOT / "README.md")
    assert shown[:2] == ["make demo", "make test"]
    for command in ("make demo", "make test"):
        planned = subprocess.run(
            [*command.split(), "-n"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        assert ("tests.demosite.demo" in planned) == (command == "make demo")
        assert ("pytest" in planned) == (command == "make test")


def test_the_demo_goes_from_nothing_to_an_archive(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, *DEMO.split(), str(tmp_path / "shown")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert f"The archive is in {tmp_path / 'shown'}" in done.stdout
    assert "no request is sent" in done.stderr
    assert (tmp_path / "shown" / "imagefap.database").is_file()


def test_the_demo_replaces_no_folder_that_a_person_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "pictures" / "mine.jpg"
    mine.parent.mkdir()
    mine.write_bytes(b"mine")
    monkeypatch.setattr(sys, "argv", ["demo", "--no-serve", "--archive", str(mine.parent)])
    with pytest.raises(SystemExit):
        demo.main()
    assert "is there already. Name a new folder." in capsys.readouterr().err
    assert mine.read_bytes() == b"mine"


@pytest.mark.parametrize("name", main.list_commands(click.Context(main)))
def test_readme_lists_the_command(name: str) -> None:
    assert f"`fapproc {name}`" in README


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_readme_lists_the_setting_with_its_default_and_sentence(setting: Setting) -> None:
    assert f"`{setting.name}`" in README
    assert f"`{setting.default}`" in README or not setting.default
    assert setting.sentence in README


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


def test_every_page_is_reached_from_readme() -> None:
    linked = {
        (page.parent / target).resolve()
        for page in PAGES
        for target in re.findall(r"\]\(([^)#:]+\.md)", page.read_text(encoding="utf-8"))
    }
    assert not set(PAGES[1:]) - linked


def test_the_full_set_is_the_light_one_and_what_the_card_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extra = project["optional-dependencies"]["imagededup"]
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    full = {line for line in lines if line and not line.startswith("#")}
    assert full == {*project["dependencies"], *extra}


def _fill(project: Path, environment: dict[str, str]) -> None:
    """What the page takes for granted: an archive with a few processed pictures."""
    if not (Path(environment["HOME"]) / "Downloads/imagefap/archive.json").exists():
        _run("fapproc import ~/Pictures/favorites", project, environment)
        _run("fapproc process", project, environment)


def _run(line: str, project: Path, environment: dict[str, str]) -> str:
    if line.startswith(("make ", *INSTALL)):
        return ""  # the demo and the tests themselves; installing is what `make test` began with
    if line.startswith(SERVERS):
        return _serve(line, project, environment)
    if line.startswith("fapproc tag create"):
        if environment.get("MADE"):  # a page before this one made it
            return ""
        environment["MADE"] = "1"
    if line == "fapproc seal":
        environment["FAP_PASSWORD"] = environment["FAP_NEW_PASSWORD"] = "correct horse"
    if EXAMPLE.search(line):
        line = _with_digests(line, project, environment)
    line = (
        line.replace("user=NAME", 'user="$NAME"')
        .replace("-u NAME", '-u "$NAME"')
        .replace('"my pics"', '"LANDSCAPES"')
    )
    done = typed(line, project, environment)
    assert "Traceback" not in done.stderr, done.stderr
    assert "Error" not in done.stderr, done.stderr
    assert done.returncode in {0, 3}, done.stderr
    if line == "fapproc unseal":
        del environment["FAP_PASSWORD"]
    return done.stdout


def typed(line: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a line in a shell, or what a shell would make of it where it is a program with its words.

    A hundred programs that begin anew would take a minute, and most of it to import the same.
    """
    if OF_A_SHELL.search(line) or (name := line.split(maxsplit=1)[0]) not in PROGRAMS:
        return subprocess.run(
            line,
            shell=True,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    words = [
        re.sub(r"^~(?=/|$)", environment["HOME"], word).replace(
            "$NAME", environment.get("NAME", "")
        )
        for word in shlex.split(line)
    ]
    with warm.start(
        PROGRAMS[name],
        words,
        modules=LOADED,
        environment=environment,
        measured=True,
        folder=folder,
    ) as program:
        out, err = program.communicate(timeout=120)
    return subprocess.CompletedProcess(line, program.returncode or 0, out, err)


def _with_digests(line: str, project: Path, environment: dict[str, str]) -> str:
    """The digests that are shown are examples; put those of pictures that are there."""
    there = iter(_digests(project, environment))
    return EXAMPLE.sub(lambda _: next(there), line)


def _digests(project: Path, environment: dict[str, str]) -> list[str]:
    printed = _run("fapproc print --json", project, environment).splitlines()
    return [entry["sha256"] for entry in map(json.loads, printed) if entry["kind"] == "image"]


def _serve(line: str, project: Path, environment: dict[str, str]) -> str:
    """Start the server on a free port, fetch its home, and end it with Ctrl-C."""
    with Process(
        f"exec {line} --port 0",
        shell=True,
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        try:
            told = process.stdout.readline()
            address = re.search(r"(http://127\.0\.0\.1:\d+/viewer/)\?token=\S+", told)
            page = _fetch(address[0], address[1]) if address else ""
        finally:
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=120)
    assert "<title>Home" in page, err
    assert "Traceback" not in err
    return f"{told}{out}"


def _fetch(*addresses: str) -> str:
    """Open addresses one after the other, as a browser that keeps cookies; return the last page."""
    page = ""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    for address in addresses:
        with browser.open(address, timeout=120) as answer:
            page = answer.read().decode()
    return page
