"""The settings, where the value of each comes from, and how one is changed in the config file.

The file belongs to a person: one line of it is written again, and the rest stays as it is.
"""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from fapproc import config, names
from fapproc.archive import Archive
from fapproc.config import SETTINGS, Setting
from fapproc.dedup import models
from fapproc.dedup.method import Methods, Sensitivity
from fapproc.dedup.models import Model
from fapproc.durable.folder import DurableFolder
from fapproc.errors import StorageError, UsageProblem
from fapproc.jobs import sensitivity
from fapproc.jobs.comparing import configure

FROM_FILE, FROM_DEFAULT = "config file", "default"
_NO_FILE = "There is no home folder for a config file. Set XDG_CONFIG_HOME to a folder of your own."
_NAMED = re.compile(r"\s*+[\"']?(?P<name>[\w-]++)[\"']?\s*+=")


@dataclass(frozen=True, slots=True)
class SettingInForce:
    """A setting, its value as text, and where that is from; a sentence if it can't be used."""

    setting: Setting
    value: str
    origin: str
    problem: str | None


@dataclass(frozen=True, slots=True)
class Sensitivities:
    """How near two images must be in an archive, by method; and by method the bounds of both."""

    in_force: Sensitivity
    methods: Methods
    """As they are for the codes that the archive has."""
    bounds: Mapping[str, tuple[float, float]]
    origins: Mapping[str, str]
    model: str


def settings() -> list[SettingInForce]:
    """Every setting as it stands, usable or not.

    Raises:
        UsageProblem: the config file can't be read.
    """
    file = config.file_values()
    return [_in_force(setting, file) for setting in SETTINGS]


def sensitivities(archive: Archive, rule: str, model: Model) -> Sensitivities:
    """The sensitivities of an archive, as a search by this rule would have them.

    Raises:
        UsageProblem: no such rule, or sensitivities that can't be.
    """
    with archive.reading() as connection:
        search = configure(connection, rule, model)
        return Sensitivities(
            search.sensitivity,
            search.methods,
            {name: (one.low, one.high) for name, one in search.methods.items()},
            sensitivity.origins(connection, search.methods),
            model.id,
        )


def setting(name: str) -> Setting | None:
    """The setting of this name, in any case, with dashes or `FAP_` or without."""
    key = name.lower().replace("-", "_").removeprefix("fap_")
    return next((each for each in SETTINGS if each.name == key), None)


def change(changed: Setting, value: str | None) -> str | None:
    """Write a setting to the config file, or take it out (None); returns what wins over it.

    Raises:
        UsageProblem: a value that can't be used, or a file that only a person can mend.
        StorageError: it can't be written.
    """
    if value is not None:
        if not value.strip():
            raise UsageProblem(
                f"{changed.name} would be empty. 'fapproc config reset {changed.name}' takes it "
                "out of the config file."
            )
        try:
            _refuse_unusable(changed, value)
        except UsageProblem as error:  # which names the variable: here it was typed otherwise
            told = str(error)
            for variable in changed.variables:
                told = told.replace(variable, changed.name)
            raise UsageProblem(told) from error
    path = config.config_file()
    if path is None:
        raise StorageError(_NO_FILE)
    config.file_values()  # what is no setting, or no TOML, is told before anything is written
    text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
    wanted = {name: each for name, each in tomllib.loads(text).items() if name != changed.name}
    if value is not None:
        wanted[changed.name] = value
    written = _edited(text, changed.name, value)
    try:
        is_right = tomllib.loads(written) == wanted
    except tomllib.TOMLDecodeError:
        is_right = False
    if not is_right:
        raise UsageProblem(
            f"{changed.name} is written over several lines in {path}, which this command can't "
            "change. Change it there."
        )
    if written != text:
        files = DurableFolder(path.parent)
        files.write({path.name: written.encode()})
        files.tidy()
    return next((name for name in changed.variables if os.environ.get(name)), None)


def _in_force(each: Setting, file: Mapping[str, str]) -> SettingInForce:
    variable = next((name for name in each.variables if os.environ.get(name)), None)
    if variable is not None:
        value, origin = os.environ[variable], variable
    elif each.name in file:
        value, origin = file[each.name], FROM_FILE
    else:
        value, origin = each.default, FROM_DEFAULT
    try:
        _refuse_unusable(each, value)
    except UsageProblem as error:
        return SettingInForce(each, value, origin, str(error))
    return SettingInForce(each, value, origin, None)


def _refuse_unusable(each: Setting, value: str) -> None:
    """Refuse a value of one setting, whatever the others are."""
    if not names.is_text(value):
        raise UsageProblem(
            f"{each.name} is {names.quoted(value)}, which is not UTF-8, as the config file has "
            "to be. Type it again, or rename the folder."
        )
    found = config.load({**{other.name: other.default for other in SETTINGS}, each.name: value})
    if each.name == "cnn_model":  # a file needs a threshold, which is another setting
        models.chosen(replace(found.network, threshold=1.0))


def _edited(text: str, name: str, value: str | None) -> str:
    """The file with the line of a setting changed, added before the first table, or taken out."""
    line = None if value is None else f"{name} = {json.dumps(value, ensure_ascii=False)}"
    lines = text.splitlines()
    tables = (at for at, each in enumerate(lines) if each.lstrip().startswith("["))
    end = next(tables, len(lines))
    named = (_NAMED.match(each) for each in lines[:end])
    found = next((at for at, said in enumerate(named) if said and said["name"] == name), None)
    if found is not None:
        lines[found : found + 1] = [] if line is None else [line]
    elif line is not None:
        lines.insert(end, line)
    return "".join(f"{each}\n" for each in lines)
