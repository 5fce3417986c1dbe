import codecs
from pathlib import Path

import pytest

from fapproc import config
from fapproc.errors import UsageProblem


def write_file(text: str | bytes) -> Path:
    file = config.config_file()
    assert file is not None
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_without_anything_the_defaults_hold(home: Path) -> None:
    assert config.load() == config.Settings(
        archive=home / "Downloads" / "imagefap",
        site_root="https://www.imagefap.com",
        download_delay=1.5,
        site_pause=600.0,
        site_budgets={60: 100, 300: 200, 3600: 1000},
        site_cookies=None,
        retry_delay=3.0,
        user_agent=config.USER_AGENT,
        viewer_lock=15.0,
        network=config.Network(
            model="efficientnet_lite0",
            weights=None,
            threshold=None,
            side=224,
            mean=(123.675, 116.28, 103.53),
            deviation=(58.395, 57.12, 57.375),
        ),
    )


def test_a_flag_wins_over_the_environment_and_that_over_the_file_and_that_over_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_file('archive = "/from/file"\ndownload_delay = 1.5\n')
    assert config.load().archive == Path("/from/file")
    assert config.load().download_delay == 1.5
    monkeypatch.setenv("FAP_ARCHIVE", "/from/environment")
    assert config.load().archive == Path("/from/environment")
    assert config.load({"archive": "/from/flag"}).archive == Path("/from/flag")
    assert config.load({"archive": None}).archive == Path("/from/environment")


@pytest.mark.parametrize("source", ["flag", "environment", "file"])
def test_a_tilde_is_the_home_folder_wherever_it_comes_from(
    source: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = {}
    if source == "flag":
        flags["archive"] = "~/pictures"
    elif source == "environment":
        monkeypatch.setenv("FAP_ARCHIVE", "~/pictures")
    else:
        write_file('archive = "~/pictures"')
    assert config.load(flags).archive == home / "pictures"


def test_a_home_folder_of_nobody_is_a_sentence() -> None:
    with pytest.raises(UsageProblem, match="~no-such-person/x begins with a home folder"):
        config.load({"archive": "~no-such-person/x"})


@pytest.mark.parametrize("setting", config.SETTINGS, ids=lambda setting: setting.name)
def test_an_empty_variable_counts_as_not_given(
    setting: config.Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = config.load()
    for variable in setting.variables:
        monkeypatch.setenv(variable, "")
    assert config.load() == before


def test_the_site_is_named_by_either_variable_and_ours_comes_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SITE_ROOT", "http://127.0.0.1:8001/")
    assert config.load().site_root == "http://127.0.0.1:8001"
    monkeypatch.setenv("FAP_SITE_ROOT", "http://127.0.0.1:8002")
    assert config.load().site_root == "http://127.0.0.1:8002"


@pytest.mark.parametrize(
    "value", ["imagefap.com", "ftp://imagefap.com", "http://", "http://[::1", "http://a:99999", "x"]
)
def test_a_site_that_is_no_web_address_is_a_sentence(value: str) -> None:
    with pytest.raises(UsageProblem, match=r"which is not a web address. Write it like https://"):
        config.load({"site_root": value})


@pytest.mark.parametrize("name", ["download_delay", "site_pause"])
@pytest.mark.parametrize("value", ["soon", "-1", "nan", "inf", "3,6"])
def test_seconds_that_are_none_are_a_sentence(name: str, value: str) -> None:
    with pytest.raises(UsageProblem, match=f"{name.upper()} is '{value}', which is not a number"):
        config.load({name: value})


def test_no_delay_at_all_may_be_asked_for() -> None:
    assert config.load({"download_delay": "0"}).download_delay == 0


@pytest.mark.parametrize(
    "text",
    [b"archive = ", b'archive = "a\xff"', b"\xff\xfe", b"[unclosed"],
    ids=["cut", "no-utf-8", "utf-16", "no-toml"],
)
def test_a_config_file_that_is_not_toml_is_a_sentence(text: bytes) -> None:
    file = write_file(text)
    with pytest.raises(UsageProblem, match=r"can't be read: .*Correct it or move it away") as told:
        config.load()
    assert str(file) in str(told.value)


def test_a_folder_in_the_place_of_the_config_file_is_a_sentence() -> None:
    file = config.config_file()
    assert file is not None
    file.mkdir(parents=True)
    with pytest.raises(
        UsageProblem, match=r"can't be read: it is a folder\. Correct it or move it away"
    ):
        config.load()


def test_every_setting_says_what_it_is_in_a_sentence() -> None:
    for setting in config.SETTINGS:
        assert setting.sentence.endswith(".")
        assert setting.variables[0] == f"FAP_{setting.name.upper()}"


def test_budgets_are_read_from_json_and_from_the_file_s_own_table() -> None:
    assert config.load({"site_budgets": '{"3": 15, "1": 8}'}).site_budgets == {1: 8, 3: 15}
    assert config.load({"site_budgets": "{}"}).site_budgets == {}
    write_file("site_budgets = { 60 = 7 }\n")
    assert config.load().site_budgets == {60: 7}


@pytest.mark.parametrize(
    "value",
    [
        "soon",
        "[]",
        "60",
        "null",
        '{"60": 0}',
        '{"60": -1}',
        '{"60": 1.5}',
        '{"60": true}',
        '{"60": "9"}',
        '{"60": 9999999}',
        '{"0": 5}',
        '{"-1": 5}',
        '{"1.5": 5}',
        '{"٣": 5}',
        '{"": 5}',
        '{"99999999": 5}',
        "[" * 100_000,
    ],
)
def test_budgets_that_are_none_are_a_sentence(value: str) -> None:
    with pytest.raises(UsageProblem, match=r"SITE_BUDGETS is .*Write seconds and how many") as told:
        config.load({"site_budgets": value})
    assert len(str(told.value)) < 400


@pytest.mark.parametrize("value", ["Lake\nHost: a", "λ", " "])
def test_a_user_agent_that_can_t_be_sent_is_a_sentence(value: str) -> None:
    with pytest.raises(UsageProblem, match=r"USER_AGENT is .*can't be sent"):
        config.load({"user_agent": value})


def test_cookies_are_a_file(home: Path) -> None:
    assert config.load({"site_cookies": "~/cookies.txt"}).site_cookies == home / "cookies.txt"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "download_delays = 3\n",
            "'download_delays' in .* not a setting. Did you mean 'download_delay'\\?",
        ),
        ("SITE_PAUSE = 3\n", "'SITE_PAUSE' in .* not a setting. Did you mean 'site_pause'\\?"),
        ("[crawl]\nsite_pause = 3\n", "'crawl' in .* not a setting. README lists all"),
        ("archive = 3\n", "archive in .* is 3. Write text in quotes"),
        ('archive = ["a", "b"]\n', r"archive in .* is \['a', 'b'\]. Write text in quotes"),
        ("user_agent = true\n", "user_agent in .* is True. Write text in quotes"),
        ("download_delay = [3]\n", r"DOWNLOAD_DELAY is '\[3\]', .* Write it like 3.6"),
        ("site_pause = true\n", "SITE_PAUSE is 'true', .* Write it like 3.6"),
        ("cnn_side = 2026-11-23\n", "FAP_CNN_SIDE is '\"2026-11-23\"': give a whole number"),
        ("cnn_side = [224]\n", r"FAP_CNN_SIDE is '\[224\]': give a whole number"),
        ("cnn_side = 224.0\n", "FAP_CNN_SIDE is '224.0': give a whole number"),
        ("cnn_threshold = true\n", "FAP_CNN_THRESHOLD is 'true', .* Write it like 0.9"),
        ("site_budgets = 60\n", "SITE_BUDGETS is '60'. Write seconds and how many"),
        ("cnn_mean = { a = 1 }\n", "FAP_CNN_MEAN is '{\"a\": 1}': give three numbers"),
        ("cnn_mean = [true, 1, 2]\n", r"FAP_CNN_MEAN is '\[true, 1, 2\]': give three numbers"),
        ("site_budgets = { 60 = 2026-11-23 }\n", "SITE_BUDGETS is .*Write seconds"),
        ("site_pause = nan\n", "SITE_PAUSE is 'NaN', which is not a number of seconds"),
    ],
)
def test_what_the_config_file_can_t_say_is_a_sentence(text: str, told: str) -> None:
    write_file(text)
    with pytest.raises(UsageProblem, match=told):
        config.load()


def test_a_mark_at_the_beginning_of_the_config_file_is_none_of_its_text(home: Path) -> None:
    write_file(codecs.BOM_UTF8 + b'archive = "~/here"\n')  # as Notepad writes it
    assert config.load().archive == home / "here"


def test_the_config_file_may_say_numbers_and_lists_and_nothing(home: Path) -> None:
    write_file('archive = ""\nsite_pause = 0\ncnn_side = 160\ncnn_mean = [1, 2.5, 3]\n')
    found = config.load()
    assert found.archive == home / "Downloads" / "imagefap"
    assert (found.site_pause, found.network.side) == (0, 160)
    assert found.network.mean == (1, 2.5, 3)


_WITHOUT_BOUNDS = {"archive", "site_cookies", "cnn_model", "cnn_weights"}


@pytest.mark.parametrize(
    "setting",
    [setting for setting in config.SETTINGS if setting.name not in _WITHOUT_BOUNDS],
    ids=lambda setting: setting.name,
)
def test_a_value_that_cannot_be_used_is_told_with_the_name_by_which_it_was_set(
    setting: config.Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(setting.variables[-1], "what \x07")
    with pytest.raises(UsageProblem, match=rf"^{setting.variables[-1]} is "):
        config.load()
