"""Settings, declared once: name, default, sentence. Flag > environment > config.toml > default.

May read the environment and the user's config file; writes nothing. Environment names are
`FAP_<NAME>`; the crawl's own settings are read under Scrapy's name (`SITE_ROOT`) as well.
"""

import contextlib
import json
import os
import sys
import tempfile
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from fapproc import names, values
from fapproc.disk import refuse_other
from fapproc.errors import StorageError, UsageProblem
from fapproc.sites.registry import FIRST, SITES
from fapproc.values import Triple

REAL_SITE = FIRST.home
USER_AGENT = "Mozilla/5.0 (compatible; fapfavorites; personal archive)"


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that a person can set; `sentence` is what README says of it."""

    name: str
    default: str
    sentence: str
    also: str | None = None
    """A second name in the environment: the one that `scrapy crawl -s` uses."""
    is_text: bool = True
    """Whether the config file must give it in quotes; else `values` judges what it says."""

    @property
    def variables(self) -> tuple[str, ...]:
        """The names looked up in the environment, first wins."""
        own = f"FAP_{self.name.upper()}"
        return (own, self.also) if self.also else (own,)


SETTINGS = (
    Setting("archive", "~/Downloads/imagefap", "The folder that holds the archive."),
    Setting(
        "site_root",
        REAL_SITE,
        "The site's address; tests use a local imitation.",
        "SITE_ROOT",
    ),
    Setting("site", FIRST.name, "Which site `site_root` imitates, if it is an imitation."),
    Setting(
        "download_delay",
        "1.5",
        "Seconds between two page requests, give or take a third; files wait 0.2 at most.",
        "DOWNLOAD_DELAY",
        is_text=False,
    ),
    Setting(
        "site_budgets",
        '{"60": 100, "300": 200, "3600": 1000}',
        "How many pages may be asked for in how many seconds, by all runs on this computer "
        "together; `{}` switches it off.",
        "SITE_BUDGETS",
        is_text=False,
    ),
    Setting(
        "site_pause",
        "600",
        "Seconds to wait when the site asks to stop and doesn't say how long; doubled each time, "
        "up to an hour. After three such pauses the crawl ends.",
        "SITE_PAUSE",
        is_text=False,
    ),
    Setting(
        "site_cookies",
        "",
        "A `cookies.txt` exported from your browser; its cookies for the site are sent.",
        "SITE_COOKIES",
    ),
    Setting(
        "retry_delay",
        "3",
        "Longest wait in seconds before a failed request is retried; doubled for each try.",
        "RETRY_DELAY",
        is_text=False,
    ),
    Setting("viewer_lock", "15", "Idle minutes until the viewer locks; 0: never.", is_text=False),
    Setting("user_agent", USER_AGENT, "The browser name (User-Agent) sent.", "USER_AGENT"),
    Setting(
        "cnn_model",
        "efficientnet_lite0",
        "The network of the method cnn: efficientnet_lite0, mobilenet_v3_small (which needs "
        "imagededup), or the path of an ONNX file of your own.",
    ),
    Setting("cnn_weights", "", "The file with mobilenet_v3_small's weights; empty: downloaded."),
    Setting(
        "cnn_threshold",
        "",
        "The cosine from which two pictures are near; empty: the network's own.",
        is_text=False,
    ),
    Setting("cnn_side", "224", "For your own network: side of its input in pixels.", is_text=False),
    Setting(
        "cnn_mean",
        "123.675 116.28 103.53",
        "For your own network: subtracted from red, green and blue (0 to 255).",
        is_text=False,
    ),
    Setting(
        "cnn_deviation",
        "58.395 57.12 57.375",
        "For your own network: red, green and blue are then divided by it.",
        is_text=False,
    ),
)


@dataclass(frozen=True, slots=True)
class Network:
    """Which network the method cnn uses; what is below `weights` is of one's own ONNX file."""

    model: str
    weights: Path | None
    threshold: float | None
    side: int
    mean: Triple
    deviation: Triple


@dataclass(frozen=True, slots=True)
class Settings:
    """The values in force, checked."""

    archive: Path
    site_root: str
    download_delay: float
    site_pause: float
    site_budgets: Mapping[int, int]
    """Page requests by seconds; empty where nothing is counted."""
    site_cookies: Path | None
    retry_delay: float
    user_agent: str
    network: Network
    viewer_lock: float
    site: str = FIRST.name


def load(flags: Mapping[str, str | None] | None = None) -> Settings:
    """Read every setting from its first source.

    Args:
        flags: values given on a command line, by setting name; None or absent means not given.

    Raises:
        UsageProblem: a value that can't be used, or a config file that can't.
    """
    flags = flags or {}
    file = file_values()
    raw = {setting.name: _first(setting, flags, file) for setting in SETTINGS}
    return Settings(
        archive=expanded(raw["archive"]),
        site_root=values.site_root(raw["site_root"], example=REAL_SITE),
        download_delay=values.seconds("DOWNLOAD_DELAY", raw["download_delay"]),
        site_pause=values.seconds("SITE_PAUSE", raw["site_pause"]),
        site_budgets=values.budgets(raw["site_budgets"]),
        site_cookies=expanded(raw["site_cookies"]) if raw["site_cookies"] else None,
        retry_delay=values.seconds("RETRY_DELAY", raw["retry_delay"]),
        user_agent=values.header("USER_AGENT", raw["user_agent"]),
        viewer_lock=values.minutes("FAP_VIEWER_LOCK", raw["viewer_lock"]),
        site=values.choice("FAP_SITE", raw["site"], SITES),
        network=Network(
            model=raw["cnn_model"],
            weights=expanded(raw["cnn_weights"]) if raw["cnn_weights"] else None,
            threshold=values.threshold(raw["cnn_threshold"]),
            side=values.side(raw["cnn_side"]),
            mean=values.triple("FAP_CNN_MEAN", raw["cnn_mean"], least=0.0),
            deviation=values.triple("FAP_CNN_DEVIATION", raw["cnn_deviation"], least=0.001),
        ),
    )


def expanded(path: str) -> Path:
    """A path that a person typed, its `~` or `~NAME` replaced by the home folder.

    Raises:
        UsageProblem: there is no such home folder.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise UsageProblem(
            f"{path} begins with a home folder that doesn't exist. Write the whole path; "
            "--archive or FAP_ARCHIVE sets the archive's folder."
        ) from error


def config_file() -> Path | None:
    """Where the user's config file is looked for; None where there is no home folder."""
    folder = _of_person(platformdirs.user_config_path)
    return folder and folder / "config.toml"


def state_folder() -> Path:
    """Where what all runs on this computer share is kept.

    In the home folder; where there is none that may be written, as in a container with a number
    for a user, in the temporary folder, under that number.

    Raises:
        StorageError: somebody else has put something in that place.
    """
    folder = _of_person(platformdirs.user_state_path)
    if folder is not None and _is_writable(folder):
        return folder
    user = os.getuid() if sys.platform != "win32" else 0
    folder = Path(tempfile.gettempdir(), f"fapproc-{user}")
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700)
    if folder.is_symlink() or not folder.is_dir() or folder.stat().st_uid != user:
        raise StorageError(
            f"There is no home folder that can be written, and {folder} belongs to someone else. "
            "Set XDG_STATE_HOME to a folder of your own."
        )
    return folder


def _of_person(find: Callable[[str], Path]) -> Path | None:
    """A folder of ours in the home folder; None for a user who has none and is only a number."""
    try:
        folder = find("fapproc")
    except RuntimeError:
        return None
    return folder if folder.is_absolute() else None


def _is_writable(folder: Path) -> bool:
    """Whether a folder may be written, or made: as far as a look can tell."""
    return os.access(next(each for each in (folder, *folder.parents) if each.exists()), os.W_OK)


def file_values() -> Mapping[str, str]:
    """What the config file gives, as text; an empty one counts as not given.

    Raises:
        UsageProblem: it can't be read, has a key that is no setting, or no text where that must be.
    """
    path = config_file()
    if path is None:
        return {}
    try:
        refuse_other(path.stat(), str(path))  # a pipe would keep every command waiting for ever
        found = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # Notepad marks its beginning
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:  # not readable, not UTF-8, not TOML
        why = getattr(error, "strerror", None) or error
        raise UsageProblem(
            f"The config file {path} can't be read: {why}. Correct it or move it away."
        ) from error
    known = {each.name: each for each in SETTINGS}
    for name in found:
        if name not in known:
            meant = names.meant(name, known)
            raise UsageProblem(
                f"{names.quoted(name)} in the config file {path} is not a setting.{meant} README "
                "lists all; correct it or remove it."
            )
    texts = ((name, _text(known[name], value, path)) for name, value in found.items())
    return {name: text for name, text in texts if text}


def _text(setting: Setting, value: Any, path: Path) -> str:
    if isinstance(value, str):
        return value
    if not setting.is_text:
        return json.dumps(value, default=str)
    raise UsageProblem(
        f"{setting.name} in the config file {path} is {str(value)[:80]}. Write text in quotes, "
        'like "this".'
    )


def _first(setting: Setting, flags: Mapping[str, str | None], file: Mapping[str, str]) -> str:
    if (flag := flags.get(setting.name)) is not None:
        return flag
    for variable in setting.variables:
        if value := os.environ.get(variable):
            return value
    return file.get(setting.name, setting.default)
