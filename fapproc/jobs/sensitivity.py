"""How near two images must be in this archive: its own sensitivities, else those of the methods."""

from collections.abc import Mapping

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import settings
from fapproc.dedup.method import CNN, OFF, Sensitivity, method, methods, sensitivities
from fapproc.dedup.models import DEFAULT, Model
from fapproc.errors import UsageProblem

NAME = "sensitivity"
_OF = "model"
"""Which network the archive's own sensitivities of `cnn` are for: to another they say nothing."""


def in_force(connection: Connection, model: Model = DEFAULT) -> Sensitivity:
    """The archive's sensitivities; what was never set is the default of the method.

    Args:
        connection: to read from.
        model: the network that the vectors are of.
    """
    default, own = sensitivities(methods(model)), own_ones(connection, model)
    return Sensitivity(
        regular={**default.regular, **own.regular},
        animated={**default.animated, **own.animated},
    )


def own_ones(connection: Connection, model: Model = DEFAULT) -> Sensitivity:
    """Those that were set for this archive, and nothing of the others."""
    held = settings.read(connection, NAME) or {}
    is_other = held.get(_OF, DEFAULT.id) != model.id
    regular, animated = (
        {
            name: value
            for name, value in held.get(kind, {}).items()
            if not (name == CNN and is_other)
        }
        for kind in ("regular", "animated")
    )
    return Sensitivity(regular=regular, animated=animated)


def change(
    archive: Archive,
    *,
    regular: Mapping[str, float] | None = None,
    animated: Mapping[str, float] | None = None,
    model: Model = DEFAULT,
) -> Sensitivity:
    """Set sensitivities of this archive, by method; -1 switches one off. The others stay.

    Raises:
        UsageProblem: no such method, out of its bounds, or laxer for animations than for others.
    """
    with archive.writing() as connection:
        own, before = own_ones(connection, model), in_force(connection, model)
        regular, animated = regular or {}, animated or {}
        after = Sensitivity(
            regular={**before.regular, **regular}, animated={**before.animated, **animated}
        )
        check(after, model)
        value = {"regular": {**own.regular, **regular}, "animated": {**own.animated, **animated}}
        settings.write(connection, NAME, {**value, _OF: model.id})
    return after


def check(sensitivity: Sensitivity, model: Model = DEFAULT) -> None:
    """Refuse sensitivities out of bounds, and ones that are laxer for animations.

    Raises:
        UsageProblem: naming the method, and its bounds.
    """
    known = methods(model)
    for given in (sensitivity.regular, sensitivity.animated):
        for name, value in given.items():
            (known.get(name) or method(name)).check(value)
    for name in known:
        regular = sensitivity.regular.get(name, OFF)
        animated = sensitivity.animated.get(name, OFF)
        laxer = OFF not in {regular, animated} and animated != regular
        if laxer and known[name].wider(regular, animated) == animated:
            raise UsageProblem(
                f"sensitivity {animated} for {name} of animations: it must be as strict as that of "
                f"other images, {regular}, or stricter."
            )
