"""Settings, declared once: name, default, sentence. Flag > environment > config.toml > default.

May read the environment and the user's config file; writes nothing. The environment names are
`FAP_<NAME>`; the crawl's own settings are also read under Scrapy's name (`SITE_ROOT`), as
`scrapy crawl -s` spells them.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs

from fapproc.errors import UsageProblem

REAL_SITE = "https://www.imagefap.com"


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that a person can set; `sentence` is what README says of it."""

    name: str
    default: str
    sentence: str
    also: str | None = None
    """A second name in the environment: the one that `scrapy crawl -s` uses."""

    @property
    def variables(self) -> tuple[str, ...]:
        """The names looked up in the environment, first wins."""
        own = f"FAP_{self.name.upper()}"
        return (own, self.also) if self.also else (own,)


SETTINGS = (
    Setting("archive", "~/Downloads/imagefap", "The folder that holds the archive."),
    Setting("site_root", REAL_SITE, "The site; tests point it at a local imitation.", "SITE_ROOT"),
    Setting(
        "download_delay",
        "3.6",
        "Seconds between two page requests, give or take half; files wait a tenth of it.",
        "DOWNLOAD_DELAY",
    ),
    Setting(
        "site_pause",
        "600",
        "Seconds to wait when the site asks to stop and doesn't say for how long; it doubles up "
        "to an hour, and after three in vain the crawl ends with what it has.",
        "SITE_PAUSE",
    ),
    Setting(
        "cnn_model",
        "efficientnet_lite0",
        "The network of the method cnn: efficientnet_lite0, mobilenet_v3_small (which needs "
        "imagededup), or the path of an ONNX file of your own.",
    ),
    Setting("cnn_weights", "", "A file with the weights of mobilenet_v3_small, if not fetched."),
    Setting("cnn_threshold", "", "For your own network: the cosine that means the same picture."),
    Setting("cnn_side", "224", "For your own network: the side of its square input, in pixels."),
    Setting(
        "cnn_mean",
        "123.675 116.28 103.53",
        "For your own network: what is taken from red, green and blue of 0 to 255.",
    ),
    Setting(
        "cnn_deviation",
        "58.395 57.12 57.375",
        "For your own network: what they are divided by then.",
    ),
)


Triple = tuple[float, float, float]


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
    network: Network


def load(flags: Mapping[str, str | None] | None = None) -> Settings:
    """Read every setting from its first source.

    Args:
        flags: values given on a command line, by setting name; None or absent means not given.

    Raises:
        UsageProblem: a value that can't be used, or a config file that is not TOML.
    """
    flags = flags or {}
    file = _config_file_values()
    raw = {setting.name: _first(setting, flags, file) for setting in SETTINGS}
    return Settings(
        archive=expanded(raw["archive"]),
        site_root=_site_root(raw["site_root"]),
        download_delay=_seconds("download_delay", raw["download_delay"]),
        site_pause=_seconds("site_pause", raw["site_pause"]),
        network=Network(
            model=raw["cnn_model"],
            weights=expanded(raw["cnn_weights"]) if raw["cnn_weights"] else None,
            threshold=_threshold(raw["cnn_threshold"]),
            side=_side(raw["cnn_side"]),
            mean=_triple("cnn_mean", raw["cnn_mean"], least=0.0),
            deviation=_triple("cnn_deviation", raw["cnn_deviation"], least=0.001),
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
        raise UsageProblem(f"{path} begins with a home folder that isn't there.") from error


def config_file() -> Path:
    """Where the user's config file is looked for."""
    return platformdirs.user_config_path("fapproc") / "config.toml"


def _config_file_values() -> Mapping[str, object]:
    path = config_file()
    try:
        with path.open("rb") as stream:
            return tomllib.load(stream)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:  # not readable, not UTF-8, not TOML
        raise UsageProblem(
            f"The config file {path} can't be read ({error}). Mend it or move it away."
        ) from error


def _first(setting: Setting, flags: Mapping[str, str | None], file: Mapping[str, object]) -> str:
    flag = flags.get(setting.name)
    if flag is not None:
        return flag
    for variable in setting.variables:
        value = os.environ.get(variable)
        if value:
            return value
    return str(file.get(setting.name, setting.default))


def _site_root(value: str) -> str:
    try:
        parts = urlsplit(value)
        known = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise UsageProblem(
            f"SITE_ROOT is {value!r}, which is no web address. Write it like {REAL_SITE}."
        )
    return value.rstrip("/")


def _seconds(name: str, value: str) -> float:
    seconds = _number(value)
    if not 0 <= seconds < float("inf"):
        raise UsageProblem(
            f"{name.upper()} is {value!r}, which is no number of seconds. Write it like 3.6."
        )
    return seconds


def _threshold(value: str) -> float | None:
    if not value:
        return None
    cosine = _number(value)
    if not 0 < cosine <= 1:
        raise UsageProblem(f"CNN_THRESHOLD is {value!r}, which is no cosine. Write it like 0.9.")
    return cosine


def _side(value: str) -> int:
    if not value.isdecimal() or not 8 <= int(value) <= 1024:
        raise UsageProblem(f"CNN_SIDE is {value!r}: give a whole number of pixels from 8 to 1024.")
    return int(value)


def _triple(name: str, value: str, *, least: float) -> Triple:
    numbers = [_number(part) for part in value.strip("[]() ").replace(",", " ").split()]
    if len(numbers) != 3 or not all(least <= number <= 1000 for number in numbers):
        raise UsageProblem(
            f"{name.upper()} is {value!r}: give three numbers, of red, green and blue, "
            f"from {least:g} to 1000, like 127 127 127."
        )
    return numbers[0], numbers[1], numbers[2]


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return float("nan")
