import json
import os
from pathlib import Path
from typing import Any

import pytest

from fapproc import config
from fapproc.config import SETTINGS
from fapproc.dedup.registry import METHODS
from tests.cli.conftest import Fapproc


@pytest.fixture
def file(home: Path) -> Path:
    found = config.config_file()
    assert found is not None
    found.parent.mkdir(parents=True, exist_ok=True)
    return found


def told(fapproc: Fapproc, *rest: object) -> dict[str, Any]:
    result = fapproc("config", "--json", *rest)
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_every_setting_is_shown_with_where_its_value_is_from(
    fapproc: Fapproc, file: Path, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    file.write_text('site_pause = 7\nuser_agent = "me"\n')
    monkeypatch.setenv("DOWNLOAD_DELAY", "9")
    found = told(fapproc, "-d", folder)["settings"]
    assert list(found) == [setting.name for setting in SETTINGS]
    assert found["site_pause"] == {"value": "7", "from": "config file", "problem": None}
    assert found["download_delay"]["from"] == "DOWNLOAD_DELAY"
    assert found["site"]["from"] == "default"
    shown = fapproc("config", "show", "-d", folder).stdout
    assert "user_agent = me (config file)" in shown and str(file) in shown


def test_both_sets_of_sensitivities_are_shown_with_bounds_and_model(
    fapproc: Fapproc, folder: Path
) -> None:
    found = told(fapproc, "-d", folder)["sensitivity"]
    assert found["regular"] == {name: one.regular for name, one in METHODS.items()}
    assert found["animated"] == {name: one.animated for name, one in METHODS.items()}
    assert found["bounds"] == {name: [one.low, one.high] for name, one in METHODS.items()}
    assert found["model"] and set(found["from"].values()) == {"default"}


def test_a_sensitivity_is_set_for_the_archive_and_reset(fapproc: Fapproc, folder: Path) -> None:
    before = told(fapproc, "-d", folder)["sensitivity"]
    assert fapproc("config", "set", "percept", "7", "-d", folder).exit_code == 0
    assert fapproc("config", "set", "percept.animated", "OFF", "-d", folder).exit_code == 0
    found = told(fapproc, "-d", folder)["sensitivity"]
    assert (found["regular"]["percept"], found["animated"]["percept"]) == (7, -1)
    assert found["from"]["percept"] == "archive"
    shown = fapproc("config", "-d", folder).stdout
    assert "percept: 7, off (archive; " in shown
    assert fapproc("config", "reset", "percept", "-d", folder).exit_code == 0
    assert told(fapproc, "-d", folder)["sensitivity"] == before


def test_a_setting_is_written_to_the_config_file_whose_other_lines_stay(
    fapproc: Fapproc, file: Path
) -> None:
    file.write_text("# mine\nsite_pause = 7  # long\n\n[site_budgets]\n60 = 5\n")
    assert fapproc("config", "set", "SITE-PAUSE", "8").stdout == "site_pause is now 8.\n"
    assert fapproc("config", "set", "user_agent", 'me "and" you').exit_code == 0
    text = 'site_pause = "8"\n\nuser_agent = "me \\"and\\" you"\n[site_budgets]\n60 = 5\n'
    assert file.read_text() == f"# mine\n{text}"
    assert config.load().user_agent == 'me "and" you'
    assert fapproc("config", "reset", "site_pause").exit_code == 0
    assert fapproc("config", "reset", "user_agent").exit_code == 0
    assert file.read_text() == "# mine\n\n[site_budgets]\n60 = 5\n"
    assert [entry.name for entry in file.parent.iterdir()] == [file.name]


def test_a_setting_that_can_t_be_used_is_mended_by_the_same_command(
    fapproc: Fapproc, file: Path
) -> None:
    file.write_text('site_pause = "soon"\ndownload_delay = "never"\n')
    shown = fapproc("config")
    assert shown.exit_code == 0 and "can't be used: SITE_PAUSE is 'soon'" in shown.stdout
    assert fapproc("config", "set", "site_pause", "5").exit_code == 0
    assert fapproc("config", "reset", "download_delay").exit_code == 0
    assert config.load().site_pause == 5


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("set", "site_pause", "soon"), "Error: site_pause is 'soon'"),
        (("set", "FAP_VIEWER_LOCK", "soon"), "Error: viewer_lock is 'soon', which is not a number"),
        (("set", "cnn_model", "bigger"), "cnn_model is 'bigger': there is no such file"),
        (("set", "site_pause", " "), "'fapproc config reset site_pause -d "),
        (("set", "colour", "red"), "There is no setting 'colour'"),
        (("reset", "colour"), "There is no setting 'colour'"),
        (("set", "site-pauze", "3"), "'site-pauze'. Did you mean 'site_pause'?"),
        (("reset", "percpt"), "'percpt'. Did you mean 'percept'?"),
        (("set", "percept", "red"), "Give a number, or off"),
        (("set", "percept", "99"), "from 0 to"),
        (("set", "percept.animated", "9"), "as strict"),
        (("set", "site_budgets", "{}"), "this command can't change"),
    ],
)
def test_what_can_not_be_set_is_one_sentence_and_changes_nothing(
    fapproc: Fapproc, file: Path, folder: Path, arguments: tuple[str, ...], says: str
) -> None:
    file.write_text("[site_budgets]\n60 = 5\n")
    before = told(fapproc, "-d", folder)
    result = fapproc("config", *arguments, "-d", folder)
    assert (result.exit_code, result.stdout) == (2, ""), result.stderr
    assert says in result.stderr and result.stderr.count("\n") == 1
    assert told(fapproc, "-d", folder) == before


def test_without_an_archive_settings_are_shown_all_the_same(
    fapproc: Fapproc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAP_ARCHIVE", str(tmp_path / "none"))
    assert told(fapproc)["sensitivity"] is None
    result = fapproc("config")
    assert result.exit_code == 0 and "No archive in" in result.stderr
    monkeypatch.setenv("SITE_PAUSE", "4")
    result = fapproc("config", "set", "site_pause", "5")
    assert "Warning: SITE_PAUSE in the environment overrides" in result.stderr


def test_a_pipe_in_place_of_the_config_file_keeps_nobody_waiting(
    fapproc: Fapproc, file: Path, folder: Path
) -> None:
    file.unlink(missing_ok=True)
    os.mkfifo(file)
    for line in (("stats",), ("config", "set", "site_pause", "700"), ("list",)):
        ended = fapproc(*line, "-d", folder)
        assert ended.exit_code == 2
        assert f"{file} can't be read: it is a pipe" in ended.stderr
