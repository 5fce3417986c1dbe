"""How near two images must be in this archive: by its own sensitivities, or else the defaults."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import settings
from fapproc.dedup.method import OFF, Kind, Methods, Sensitivity
from fapproc.dedup.registry import METHODS, method, sensitivities
from fapproc.errors import UsageProblem

NAME = "sensitivity"
_OF = "of"
"""By method of vectors, of which ones the archive's own sensitivities are: to others they say
nothing."""


def in_force(connection: Connection, methods: Methods = METHODS) -> Sensitivity:
    """The archive's sensitivities; what was never set is the default of the method.

    Args:
        connection: to read from.
        methods: as they are for the codes that are compared.
    """
    default, own = sensitivities(methods), own_ones(connection, methods)
    return Sensitivity(
        regular={**default.regular, **own.regular},
        animated={**default.animated, **own.animated},
    )


def own_ones(connection: Connection, methods: Methods = METHODS) -> Sensitivity:
    """Those that were set for this archive, and nothing of the others."""
    held = settings.read(connection, NAME) or {}
    of = {**_vectors_of(METHODS), **held.get(_OF, {})}
    others = {name for name, one in _vectors_of(methods).items() if of.get(name) != one}
    regular, animated = (
        {name: value for name, value in held.get(kind, {}).items() if name not in others}
        for kind in ("regular", "animated")
    )
    return Sensitivity(regular=regular, animated=animated)


def origins(connection: Connection, methods: Methods = METHODS) -> dict[str, str]:
    """Where each method's sensitivity is from: the archive, a setting, or the method itself."""
    own = own_ones(connection, methods)
    set_here = own.regular.keys() | own.animated.keys()
    return {
        name: "archive" if name in set_here else "setting" if one.is_set else "default"
        for name, one in methods.items()
    }


def change(
    archive: Archive,
    *,
    regular: Mapping[str, float] | None = None,
    animated: Mapping[str, float] | None = None,
    methods: Methods = METHODS,
) -> Sensitivity:
    """Set sensitivities of this archive, by method; -1 switches one off. The others stay.

    Raises:
        UsageProblem: no such method, out of its bounds, or laxer for animations than for others.
    """
    with archive.writing() as connection:
        own, before = own_ones(connection, methods), in_force(connection, methods)
        regular, animated = regular or {}, animated or {}
        after = Sensitivity(
            regular={**before.regular, **regular}, animated={**before.animated, **animated}
        )
        check(after, methods)
        value = {"regular": {**own.regular, **regular}, "animated": {**own.animated, **animated}}
        settings.write(connection, NAME, {**value, _OF: _vectors_of(methods)})
    return after


def reset(archive: Archive, names: Collection[str], methods: Methods = METHODS) -> Sensitivity:
    """Forget the archive's own sensitivities of these methods.

    Raises:
        UsageProblem: no such method, or what is left would be laxer for animations.
    """
    for name in names:
        method(name, methods)
    with archive.writing() as connection:
        own = own_ones(connection, methods)
        left = {
            kind: {name: value for name, value in given.items() if name not in names}
            for kind, given in (("regular", own.regular), ("animated", own.animated))
        }
        kept = bool(left["regular"] or left["animated"])
        held = {**left, _OF: _vectors_of(methods)} if kept else None
        settings.write(connection, NAME, held)
        after = in_force(connection, methods)
        check(after, methods)
    return after


def _vectors_of(methods: Methods) -> dict[str, str]:
    """By method of vectors, which ones its sensitivities are of."""
    return {name: one.scale() for name, one in methods.items() if one.kind is Kind.VECTOR}


def check(sensitivity: Sensitivity, methods: Methods = METHODS) -> None:
    """Refuse sensitivities out of bounds, and ones that are laxer for animations.

    Raises:
        UsageProblem: naming the method, and its bounds.
    """
    for given in (sensitivity.regular, sensitivity.animated):
        for name, value in given.items():
            method(name, methods).check(value)
    for name, one in methods.items():
        regular = sensitivity.regular.get(name, OFF)
        animated = sensitivity.animated.get(name, OFF)
        laxer = OFF not in {regular, animated} and animated != regular
        if laxer and one.wider(regular, animated) == animated:
            raise UsageProblem(
                f"sensitivity {animated:g} for {name} of animations: it must be as strict as that "
                f"of other images, {regular:g}, or stricter."
            )
