"""From photographs to Markdown tables: calibrate on one half, report on the other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from evaluation import collection
from evaluation.collection import Collection, Made
from evaluation.figures import (
    MILLION,
    Flags,
    Index,
    Mistakes,
    Rate,
    largest_wrong,
    mistakes,
    recall,
)
from evaluation.transformations import TRANSFORMATIONS, fade
from fapproc.archive import Archive
from fapproc.dedup import fusion, search
from fapproc.dedup.candidates import candidates
from fapproc.dedup.evidence import Evidence, weigh
from fapproc.dedup.fusion import RULES
from fapproc.dedup.method import OFF, Kind, Method, Sensitivity
from fapproc.dedup.registry import METHODS, sensitivities

FOR_ORDER = 40
"""So many photographs are taken in a second time, in another order."""
PORTIONS = 4
_STEP = 0.005
"""In what steps a cosine is calibrated."""
CHAINS, LINKS = 6, 25


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A method on the calibrating half.

    `nearest` is the score of its nearest unrelated pair, None if none is within the method's
    bounds; `widest` the widest sensitivity within these that makes no mistake, `OFF` if none.
    """

    method: Method
    nearest: float | None
    widest: float


def run(made: Sequence[Made]) -> Iterator[str]:
    """Yield the lines of all tables."""
    calibrating, reporting = collection.halves(made)
    images = sum(len(each.files) for each in reporting)
    yield f"{len(made)} photographs; calibrated on {len(calibrating)}, reported on the other "
    yield f"{len(reporting)} ({images} files). Bounds are of 95%, one-sided."
    yield ""
    with TemporaryDirectory() as folder, Archive.open_or_create(Path(folder)) as archive:
        collection.take_in(archive, calibrating)
        calibrated = calibrate(collection.collect(archive, calibrating))
    with TemporaryDirectory() as folder, Archive.open_or_create(Path(folder)) as archive:
        collection.take_in(archive, reporting)
        held = collection.collect(archive, reporting)
        yield from recalls(held)
        yield from false_pairs(held, calibrated)
        yield from wrong_groups(archive, held)
    yield from order(reporting[:FOR_ORDER])
    yield from chains(reporting[: 2 * CHAINS])


def calibrate(known: Collection) -> list[Calibrated]:
    """Find, for each method, the widest sensitivity that takes no two unrelated images for one."""
    return [_calibrated(METHODS[name], known) for name in known.encoded.codes]


def _calibrated(method: Method, known: Collection) -> Calibrated:
    cosine = method.kind is Kind.VECTOR
    widest = method.low if cosine else method.high
    pairs = search.pairs(method.kind, known.encoded.codes[method.name], widest)
    series = known.labels.series
    scores = pairs.score[series[pairs.i] != series[pairs.j]]
    if not len(scores):
        return Calibrated(method, None, widest)
    if cosine:
        nearest = float(scores.max())
        beyond = round(np.ceil(nearest / _STEP + 1e-9) * _STEP, 3)
        return Calibrated(method, nearest, beyond if beyond <= method.high else OFF)
    bits = int(scores.min())
    return Calibrated(method, bits, bits - 1 if bits else OFF)


def recalls(held: Collection) -> Iterator[str]:
    """Yield the table of who is found, at the default sensitivities."""
    names = [*held.encoded.codes, *RULES]
    yield "### Found: share of transformed pictures that are a pair with the photograph"
    yield ""
    yield f"| | {' | '.join(names)} |"
    yield "|---" * (len(names) + 1) + "|"
    for step, name in enumerate(TRANSFORMATIONS, start=1):
        a, b = held.labels.versions(step)
        flags = _accepted(held, a, b, sensitivities())
        rates = [recall(a, b, flags[each]) for each in names]
        yield f"| {name} | {' | '.join(_recall(rate) for rate in rates)} |"
    yield ""
    yield "In brackets the lower bound."
    yield ""


def false_pairs(held: Collection, calibrated: Sequence[Calibrated]) -> Iterator[str]:
    """Yield the tables of pairs that are none, at the default and at the calibrated sensitivities.

    Every two images of different photographs are unrelated; of one series, neither is counted.
    """
    found = _mistakes(held, sensitivities())
    images = next(iter(found.values())).images.of
    photos = next(iter(found.values())).photos.of
    yield f"### Mistaken: {images} pairs of images of {photos} pairs of unrelated photographs"
    yield ""
    yield _row(
        "",
        "pairs of images",
        "a million",
        "pairs of photographs",
        "a million, at most",
        "of these untransformed",
    )
    yield "|---" * 6 + "|"
    for name, wrong in found.items():
        yield (
            f"| {name} | {wrong.images.count} | {wrong.images.value * MILLION:.2f} "
            f"| {wrong.photos.count} | {wrong.photos.at_most * MILLION:.0f} | {wrong.plain.count} |"
        )
    yield ""
    yield "The bound is of pairs of photographs, as their images are not independent."
    yield ""
    yield "### Calibration: the widest sensitivity without a mistake on the calibrating half"
    yield ""
    yield _row(
        "method",
        "default",
        "nearest unrelated",
        "widest",
        "found at default",
        "found at widest",
        "mistaken at widest",
    )
    yield "|---" * 7 + "|"
    wider = Sensitivity(regular={each.method.name: each.widest for each in calibrated})
    mistaken = _mistakes(held, wider)
    for each in calibrated:
        name = each.method.name
        nearest = "none" if each.nearest is None else f"{each.nearest:.3g}"
        widest = "off" if each.widest == OFF else f"{each.widest:.3g}"
        yield (
            f"| {name} | {each.method.regular:g} | {nearest} | {widest} "
            f"| {_overall(held, name, sensitivities()):.4f} | {_overall(held, name, wider):.4f} "
            f"| {mistaken[name].images.count} |"
        )
    yield ""


def wrong_groups(archive: Archive, held: Collection) -> Iterator[str]:
    """Yield the table of groups, by rule."""
    yield "### Groups"
    yield ""
    yield "| rule | groups | images in them | largest group with unrelated images |"
    yield "|---|---|---|---|"
    for rule in RULES:
        found = collection.groups(archive, rule)
        wrong = largest_wrong(found, held.series)
        yield f"| {rule} | {len(found)} | {sum(map(len, found))} | {wrong or 'none'} |"
    yield ""


def order(made: Sequence[Made]) -> Iterator[str]:
    """Yield the table of whether groups depend on the order in which images come."""
    yield f"### Order: {len(made)} photographs' files at once, and mixed, in {PORTIONS} portions"
    yield ""
    yield "| rule | groups at once | the same in portions |"
    yield "|---|---|---|"
    with TemporaryDirectory() as folder, Archive.open_or_create(Path(folder)) as archive:
        collection.take_in(archive, made)
        at_once = collection.groups(archive, fusion.DEFAULT)
    mixed = collection.groups_piecemeal(made, fusion.DEFAULT, PORTIONS)
    yield f"| {fusion.DEFAULT} | {len(at_once)} | {len(at_once & mixed)} |"
    yield ""


def chains(made: Sequence[Made]) -> Iterator[str]:
    """Yield the table of how far groups reach where one photograph fades into another."""
    half = len(made) // 2
    faded = [
        Made(f"{a.name} to {b.name}", a.series, fade(a.files[0], b.files[0], LINKS))
        for a, b in zip(made[:half], made[half:], strict=False)
    ]
    yield f"### Chains: {len(faded)} photographs fade into another one, each in {LINKS} pictures"
    yield ""
    yield "| rule | groups | pictures in the largest |"
    yield "|---|---|---|"
    with TemporaryDirectory() as folder, Archive.open_or_create(Path(folder)) as archive:
        collection.take_in(archive, faded)
        for rule in RULES:
            found = collection.groups(archive, rule)
            yield f"| {rule} | {len(found)} | {max(map(len, found), default=0)} |"


def _accepted(held: Collection, i: Index, j: Index, given: Sensitivity) -> dict[str, Flags]:
    """What each method finds near, and each rule accepts, of pairs of rows."""
    evidence = weigh(held.encoded, i, j, given)
    return {**_near(evidence), **{name: rule(evidence) for name, rule in RULES.items()}}


def _near(evidence: Evidence) -> dict[str, Flags]:
    return {method.name: evidence.near[:, column] for column, method in enumerate(evidence.methods)}


def _mistakes(held: Collection, given: Sensitivity) -> Mapping[str, Mistakes]:
    everything = np.ones(len(held.encoded), dtype=np.bool_)
    i, j, _ = candidates(held.encoded, everything, given, with_flat=True)
    flags = _accepted(held, i, j, given)
    return {name: mistakes(held.labels, i, j, accepted) for name, accepted in flags.items()}


def _overall(held: Collection, name: str, given: Sensitivity) -> float:
    """How much a method finds of all transformations together."""
    steps = range(1, len(TRANSFORMATIONS) + 1)
    a, b = (np.concatenate(rows) for rows in zip(*map(held.labels.versions, steps), strict=True))
    return recall(a, b, _accepted(held, a, b, given)[name]).value


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _recall(rate: Rate) -> str:
    return f"{rate.value:.3f} ({rate.at_least:.3f})"
