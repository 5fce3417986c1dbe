"""What holds of every command: its options, its help, its next steps."""

import json
import re
import shlex
from pathlib import Path

import click

from fapproc.archive import Archive
from fapproc.cli import main
from fapproc.commandline.manual import pages
from fapproc.voice import ARCHIVE, to_type
from tests.cli.conftest import LAKE, Fapproc
from tests.cli.test_commands import SHA, all_commands
from tests.shelves import blob

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = all_commands(main)
SAID = re.compile(r"'fapproc ([a-z][^'{}]*)'")


def examples(command: click.Command) -> list[str]:
    """The lines of a command's help that show how it is used."""
    return [
        line.strip()
        for part in (command.help or "").split("\n\n")
        if part.lstrip("\n").lstrip().startswith("\b")
        for line in part.replace("\b", "").splitlines()
        if line.strip()
    ]


def test_every_command_takes_the_options_that_all_take() -> None:
    for name, command in COMMANDS:
        taken = {word: option for option in command.params for word in option.opts}
        for words in (["-d", "--dir", "--archive"], ["-q", "--quiet"], ["-v", "--verbose"]):
            assert len({id(taken[word]) for word in words}) == 1, (name, words)
        assert taken["-y"] is taken["--yes"] and "--json" in taken, name


def test_help_shows_examples_before_all_else_and_each_can_be_typed() -> None:
    for name, command in COMMANDS:
        assert (command.help or "").split("\n\n")[1].lstrip().startswith("\b"), name
        for line in examples(command):
            words = shlex.split(re.split(r"\s{4,}|\s[|>]\s", line)[0])
            if words[0] == "fapproc":
                below, rest = named(words[1:])
                below.make_context(line, rest)


def named(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that a line names, and what follows its name."""
    at: click.Command = main
    while isinstance(at, click.Group) and words:
        below = at.get_command(click.Context(at), words[0])
        if below is None:
            break
        at, words = below, words[1:]
    assert at is not main, words
    return at, words


def test_what_is_said_before_a_command_s_name_is_said_to_it(fapproc: Fapproc, folder: Path) -> None:
    said = fapproc("-d", folder, "--json", "tag", "list")
    assert said.exit_code == 0
    assert fapproc("tag", "-d", folder, "list").exit_code == 0
    assert fapproc("config", "-d", folder, "set", "percept", "3").exit_code == 0
    assert fapproc("-d", folder, "stats", "-d", folder.parent).exit_code == 2


def test_a_command_without_objects_answers_in_one_a_line(fapproc: Fapproc, folder: Path) -> None:
    said = fapproc("tag", "create", "A/B", "--json", "-y", "-q", "-v", "-d", folder)
    assert [json.loads(line)["text"] for line in said.stdout.splitlines()] == [
        "Tag A created (1).",
        "Tag A/B created (2).",
    ]
    [line] = fapproc("path", SHA, "--json", "-d", folder).stdout.splitlines()
    assert json.loads(line)["text"].endswith(f"{SHA}.jpg")
    script = fapproc("completion", "bash", "--json").stdout.splitlines()
    assert {json.loads(line)["kind"] for line in script} == {"line"}


def commands_in_sentences() -> list[str]:
    """All that the program tells a person to type, but for what help says."""
    found = {
        said
        for package in ("fapproc", "fapspider", "webviewer")
        for file in (ROOT / package).rglob("*.py")
        for said in SAID.findall(file.read_text(encoding="utf-8"))
    }
    return sorted(found)


def test_each_next_step_names_the_archive_that_was_given_and_can_be_typed() -> None:
    steps = commands_in_sentences()
    assert len(steps) > 20
    for step in steps:
        with click.Context(main) as context:
            context.meta[ARCHIVE] = "/mnt/my pictures"
            told = to_type(f"Do it: 'fapproc {step}' helps.")
        found = re.search(r"'fapproc (.*)' helps", told)
        assert found
        command, rest = named(shlex.split(found[1]))
        assert rest[-2:] == ["-d", "/mnt/my pictures"], step
        assert {name for name in rest if name.startswith("-")} <= {
            word for option in command.params for word in option.opts
        }, step
        assert to_type(f"'fapproc {step}'") == f"'fapproc {step}'"  # none was given


def test_next_steps_of_a_command_name_its_archive(fapproc: Fapproc, folder: Path) -> None:
    with Archive.open(folder) as archive:
        blob(archive, LAKE).unlink()
    said = fapproc("check", "-d", folder)
    assert f"'fapproc read --id 7700 -d {folder}'" in said.stdout
    assert f"'fapproc check --repair -d {folder}'" in said.stderr
    [found] = [
        json.loads(line) for line in fapproc("check", "--json", "-d", folder).stdout.splitlines()
    ][:1]
    assert f"-d {folder}'" in found["sentence"]


def test_manual_pages_are_made_of_the_same_source(fapproc: Fapproc, tmp_path: Path) -> None:
    assert fapproc("man", tmp_path / "man1").exit_code == 0
    there = {file.name for file in (tmp_path / "man1").iterdir()}
    assert there == {f"{'-'.join(['fapproc', *name.split()])}.1" for name, _ in COMMANDS}
    made = dict(pages(main, "fapproc"))
    text = made["fapproc-tag-apply.1"]
    assert "fapproc tag apply Places/Lakes 3f60c1 ca97d2" in text
    assert "\\fB\\-t, \\-\\-tag TAG\\fR" in text
    for page in made.values():
        assert page.startswith(".TH ") and "\b" not in page
