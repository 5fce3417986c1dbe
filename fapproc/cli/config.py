"""`fapproc config`."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc import names
from fapproc.commandline import completing
from fapproc.commandline.objects import show_object
from fapproc.commandline.options import Listing, folder_of, json_option, later_archive_option
from fapproc.errors import NoArchive, UsageProblem
from fapproc.voice import answer, row, tell

if TYPE_CHECKING:
    from fapproc.jobs.configuration import Sensitivities, SettingInForce

_ANIMATED = ".animated"
_OFF = "off"
_SENSITIVITY = (
    "a method's name (percept, average, diff, wavelet, cnn) is its sensitivity in this archive, "
    "with .animated behind it that of animations"
)


@click.group(cls=Listing, invoke_without_command=True)
@later_archive_option
@json_option
@click.pass_context
def config(context: click.Context, given: tuple[str, ...], as_json: bool) -> None:
    """Show and change settings, and how similar two images must be to count as duplicates.

    \b
    fapproc config
    fapproc config set download_delay 3
    fapproc config set percept 5
    fapproc config reset percept
    """
    if context.invoked_subcommand is None:
        _show(given, as_json=as_json)


@config.command()
@later_archive_option
@json_option
def show(given: tuple[str, ...], as_json: bool) -> None:
    """Show every setting and where its value comes from, and the archive's sensitivities.

    \b
    fapproc config show
    fapproc config show --json
    """
    _show(given, as_json=as_json)


@config.command("set")
@click.argument("name", shell_complete=completing.settings)
@click.argument("value")
@later_archive_option
def set_(name: str, value: str, given: tuple[str, ...]) -> None:
    """Set NAME to VALUE: a setting in your config file, or a sensitivity of this archive.

    \b
    fapproc config set download_delay 3
    fapproc config set percept 5
    fapproc config set cnn.animated off

    A sensitivity is named like its method: percept for pictures, percept.animated for animations.
    `off` switches the method off.
    """
    from fapproc.jobs import configuration

    if (found := configuration.setting(name)) is not None:
        stronger = configuration.change(found, value)
        answer(f"{found.name} is now {value}.")
        _tell_stronger(stronger)
        return
    method = _method(name)
    bound = _bound(name, value)
    from fapproc.archive import Archive
    from fapproc.commandline.searching import RULE, search_model
    from fapproc.jobs import sensitivity

    animated = name.lower().endswith(_ANIMATED)
    with Archive.open(folder_of(given)) as archive:
        changed = {"animated" if animated else "regular": {method: bound}}
        methods = configuration.sensitivities(archive, RULE, search_model()).methods
        sensitivity.change(archive, **changed, methods=methods)
    answer(f"{name} is now {value}. The next 'fapproc dedup' compares all images again.")


@config.command()
@click.argument("name", shell_complete=completing.settings)
@later_archive_option
def reset(name: str, given: tuple[str, ...]) -> None:
    """Set NAME back to its default: a setting in your config file, or a method's sensitivities.

    \b
    fapproc config reset download_delay
    fapproc config reset percept
    """
    from fapproc.jobs import configuration

    if (found := configuration.setting(name)) is not None:
        stronger = configuration.change(found, None)
        answer(f"{found.name} is now its default: {found.default or 'none'}.")
        _tell_stronger(stronger)
        return
    method = _method(name)
    from fapproc.archive import Archive
    from fapproc.commandline.searching import RULE, search_model
    from fapproc.jobs import sensitivity

    with Archive.open(folder_of(given)) as archive:
        methods = configuration.sensitivities(archive, RULE, search_model()).methods
        after = sensitivity.reset(archive, [method], methods)
    values = f"{_said(after.regular[method])}, of animations {_said(after.animated[method])}"
    answer(
        f"{method} is now its default: {values}. The next 'fapproc dedup' compares all images "
        "again."
    )


def _show(given: tuple[str, ...], *, as_json: bool) -> None:
    from fapproc import config as settings
    from fapproc.commandline.searching import RULE, search_model
    from fapproc.jobs import configuration
    from fapproc.looking import open_to_read

    in_force, file = configuration.settings(), settings.config_file()
    broken = any(each.problem for each in in_force)
    if not as_json:
        for line in _setting_lines(in_force, file):
            row(line)
    if broken:
        if as_json:
            show_object(_object(in_force, file, None))
        return
    try:
        with open_to_read(folder_of(given)) as archive:
            found = configuration.sensitivities(archive, RULE, search_model())
    except NoArchive as error:
        if as_json:
            show_object(_object(in_force, file, None))
        else:
            tell(f"No sensitivities to show, as they belong to an archive. {error}")
        return
    if as_json:
        show_object(_object(in_force, file, found))
        return
    for line in _sensitivity_lines(found):
        row(line)


def _setting_lines(in_force: "list[SettingInForce]", file: Path | None) -> Iterator[str]:
    yield f"SETTINGS   name = value (from); the config file is {file or 'nowhere'}"
    for each in in_force:
        yield f"{each.setting.name} = {each.value or 'none'} ({each.origin})"
        if each.problem:
            yield f"    can't be used: {each.problem}"
    yield ""


def _sensitivity_lines(found: "Sensitivities") -> Iterator[str]:
    yield f"SENSITIVITY OF THIS ARCHIVE   method: images, animations (from; bounds); {found.model}"
    for method, (low, high) in found.bounds.items():
        regular = _said(found.in_force.regular[method])
        animated = _said(found.in_force.animated[method])
        origin = found.origins[method]
        yield f"{method}: {regular}, {animated} ({origin}; {low:g} to {high:g}, or off)"


def _object(
    in_force: "list[SettingInForce]", file: Path | None, found: "Sensitivities | None"
) -> dict[str, object]:
    settings = {
        each.setting.name: {"value": each.value, "from": each.origin, "problem": each.problem}
        for each in in_force
    }
    near = (
        None
        if found is None
        else {
            "regular": dict(found.in_force.regular),
            "animated": dict(found.in_force.animated),
            "bounds": {method: list(bounds) for method, bounds in found.bounds.items()},
            "from": dict(found.origins),
            "model": found.model,
        }
    )
    return {
        "config_file": None if file is None else str(file),
        "settings": settings,
        "sensitivity": near,
    }


def _said(bound: float) -> str:
    return _OFF if bound < 0 else f"{bound:g}"


def _method(name: str) -> str:
    from fapproc import config as settings
    from fapproc.dedup.registry import METHODS

    found = name.lower().removesuffix(_ANIMATED)
    if found in METHODS:
        return found
    known = [each.name for each in settings.SETTINGS]
    meant = names.meant(name.replace("-", "_"), [*known, *METHODS])
    raise UsageProblem(
        f"There is no setting {names.quoted(name)}.{meant} The settings are: {', '.join(known)}; "
        f"and {_SENSITIVITY}."
    )


def _bound(name: str, value: str) -> float:
    from fapproc.dedup.method import OFF

    if value.lower() == _OFF:
        return OFF
    try:
        return float(value)
    except ValueError:
        raise UsageProblem(f"{name} is {names.quoted(value)}. Give a number, or {_OFF}.") from None


def _tell_stronger(variable: str | None) -> None:
    if variable is not None:
        tell(f"Warning: {variable} in the environment overrides the config file.")
