"""The form that says how near two images must be: what stands in it, and what was sent."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fapproc.commandline.searching import RULE, search_model
from fapproc.errors import UsageProblem
from fapproc.jobs import configuration, sensitivity
from fapproc.jobs.configuration import Sensitivities
from webviewer.blueprint import archive

KINDS = ("regular", "animated")
_OFF = -1.0
_CALLED = {"regular": "pictures", "animated": "animations"}
_FROM = {"archive": "set here", "setting": "from your settings", "default": "suggested"}


@dataclass(frozen=True, slots=True)
class Bound:
    """A field: how near two images must be by one method."""

    name: str
    label: str
    on: bool
    value: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A method: its bound for pictures and for animations."""

    method: str
    bounds: tuple[Bound, ...]
    low: float
    high: float
    whole: bool
    origin: str


@dataclass(frozen=True, slots=True)
class Panel:
    """The form. `problem`: why it can't be shown, or was not saved; `open`: it is unfolded."""

    rows: tuple[Row, ...] = ()
    model: str = ""
    rule: str = RULE
    """By which pairs are decided."""
    problem: str | None = None
    open: bool = False


def panel() -> Panel:
    """The form as it stands; without rows where the settings can't be used."""
    try:
        found = _standing()
    except UsageProblem as problem:
        return Panel(problem=str(problem))
    return Panel(tuple(_rows(found, {}, {})), found.model)


def save(form: Mapping[str, str]) -> Panel | str:
    """Save what was changed in the form; returns the form with what is wrong, or a sentence.

    Raises:
        UsageProblem: the settings can't be used.
    """
    found = _standing()
    said, problems = _read(found, form)
    problem = "Nothing was saved: see the marked fields." if problems else None
    changed = {
        kind: {
            method: value
            for method, value in said[kind].items()
            if value != getattr(found.in_force, kind)[method]
        }
        for kind in KINDS
    }
    if not problem and any(changed.values()):
        try:
            sensitivity.change(archive(), **changed, methods=found.methods)
        except UsageProblem as error:
            problem = f"Nothing was saved: {error}"
    if problem:
        return Panel(tuple(_rows(found, form, problems)), found.model, problem, open=True)
    if not any(changed.values()):
        return "No sensitivity was changed."
    return "The sensitivities are saved. The next search compares all images with them."


def suggest() -> str:
    """Forget what was set in this archive.

    Raises:
        UsageProblem: the settings can't be used.
    """
    found = _standing()
    sensitivity.reset(archive(), list(found.methods), found.methods)
    return (
        "All sensitivities are the suggested ones. The next search compares all images with them."
    )


def _standing() -> Sensitivities:
    return configuration.sensitivities(archive(), RULE, search_model())


def _read(
    found: Sensitivities, form: Mapping[str, str]
) -> tuple[dict[str, dict[str, float]], dict[str, str]]:
    """What a form says by kind and method, and by field what is wrong with it."""
    said: dict[str, dict[str, float]] = {kind: {} for kind in KINDS}
    problems: dict[str, str] = {}
    for method, one in found.methods.items():
        for kind in KINDS:
            field = f"{kind}_{method}"
            text = form.get(field, "").strip()
            try:
                value = float(text) if f"enabled_{field}" in form else _OFF
                one.check(value)
            except UsageProblem as problem:
                problems[field] = f"For {_CALLED[kind]}: {problem}"
            except ValueError:
                problems[field] = (
                    f"{method} for {_CALLED[kind]}: {text[:20]!r} is not a number: give one from "
                    f"{one.low:g} to {one.high:g}."
                )
            else:
                said[kind][method] = value
    return said, problems


def _rows(
    found: Sensitivities, form: Mapping[str, str], problems: Mapping[str, str]
) -> Iterator[Row]:
    """The rows as they stand; with what a form said, if one was sent."""
    for method, one in found.methods.items():
        bounds = []
        for kind in KINDS:
            field = f"{kind}_{method}"
            stands = getattr(found.in_force, kind)[method]
            on = f"enabled_{field}" in form if form else stands != _OFF
            value = form.get(field) or f"{stands if stands != _OFF else getattr(one, kind):g}"
            if value == "-1":  # off by itself: the strictest
                value = f"{one.low if one.wider(one.low, one.high) == one.high else one.high:g}"
            label = f"{method}, {_CALLED[kind]}"
            bounds.append(Bound(field, label, on, value, problems.get(field)))
        whole = one.kind == "bits"
        yield Row(method, tuple(bounds), one.low, one.high, whole, _FROM[found.origins[method]])
