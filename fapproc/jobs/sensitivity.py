"""How near two images must be in this archive: its own sensitivities, else those of the methods."""

from collections.abc import Mapping

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import settings
from fapproc.dedup.method import METHODS, OFF, method, sensitivities
from fapproc.errors import UsageProblem
from fapproc.model import Sensitivity

NAME = "sensitivity"


def in_force(connection: Connection) -> Sensitivity:
    """The archive's sensitivities; what was never set is the default of the method."""
    default, own = sensitivities(), settings.read(connection, NAME) or {}
    return Sensitivity(
        regular={**default.regular, **own.get("regular", {})},
        animated={**default.animated, **own.get("animated", {})},
    )


def change(
    archive: Archive,
    *,
    regular: Mapping[str, float] | None = None,
    animated: Mapping[str, float] | None = None,
) -> Sensitivity:
    """Set sensitivities of this archive, by method; -1 switches one off. The others stay.

    Raises:
        UsageProblem: no such method, out of its bounds, or laxer for animations than for others.
    """
    with archive.writing() as connection:
        before = in_force(connection)
        after = Sensitivity(
            regular={**before.regular, **(regular or {})},
            animated={**before.animated, **(animated or {})},
        )
        check(after)
        value = {"regular": dict(after.regular), "animated": dict(after.animated)}
        settings.write(connection, NAME, value)
    return after


def check(sensitivity: Sensitivity) -> None:
    """Refuse sensitivities out of bounds, and ones that are laxer for animations.

    Raises:
        UsageProblem: naming the method, and its bounds.
    """
    for given in (sensitivity.regular, sensitivity.animated):
        for name, value in given.items():
            method(name).check(value)
    for name in METHODS:
        regular = sensitivity.regular.get(name, OFF)
        animated = sensitivity.animated.get(name, OFF)
        laxer = OFF not in {regular, animated} and animated != regular
        if laxer and METHODS[name].wider(regular, animated) == animated:
            raise UsageProblem(
                f"sensitivity {animated} for {name} of animations: it must be as strict as that of "
                f"other images, {regular}, or stricter."
            )
