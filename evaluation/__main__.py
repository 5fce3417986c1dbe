"""`python -m evaluation`: print the tables that docs/duplicates.md shows."""

import argparse
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from evaluation import best, by_kind, collection, report
from evaluation.kinds import KINDS, Kind, Source, sample

LEAST = 10
HALVES = ("choose", "report")

Tell = Callable[[str], None]


def main() -> int:
    """Evaluate; 2 where there is nothing to evaluate on."""
    parser = _parser()
    given = parser.parse_args()
    for folder in (given.photos, given.drawings):
        if folder is not None and not folder.is_dir():
            parser.error(f"{folder} is not a folder. Name one that holds pictures.")
    began = time.monotonic()

    def tell(what: str) -> None:
        sys.stderr.write(f"{time.monotonic() - began:5.0f} s  {what}\n")

    asked = ["photographs"] if given.by_method or given.best else given.kinds
    for kind in [KINDS[name] for name in asked] if asked else KINDS.values():
        folder = getattr(given, kind.source) if kind.source else None
        if folder is None and kind.drawn is None and not asked:
            tell(f"{kind.name}: left out; name a folder of them by --{kind.source}")
            continue
        try:
            for line in _lines(kind, folder, given, tell):
                print(line, flush=True)
        except _TooFew as few:
            parser.error(str(few))
    tell("done")
    return 0


class _TooFew(Exception):
    """There is nothing to evaluate on."""


def _lines(kind: Kind, folder: Path | None, given: argparse.Namespace, tell: Tell) -> Iterator[str]:
    """The tables of a kind, by method and rule or as `dedup` finds it."""
    series = given.series if kind.source is Source.PHOTOS else None
    enough = given.sample and 2 * given.sample
    originals = list(kind.originals(folder, series, enough=enough))
    if given.by_method:
        chosen = sample(originals, given.sample)
    else:
        chosen = sample(collection.halves(originals)[HALVES.index(given.half)], given.sample)
    if len(chosen) < LEAST:
        hint = f" Name a folder of them by --{kind.source}." if kind.source else ""
        raise _TooFew(f"{len(chosen)} {kind.name} are too few: it takes {LEAST}.{hint}")
    if given.by_method:
        yield from report.run(collection.make(chosen))
    elif given.best:
        yield from best.run(chosen, tell)
    else:
        tell(f"{kind.name}: {len(chosen)} of {len(originals)}, of the half to {given.half} on")
        yield from by_kind.run(kind, chosen, tell)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evaluation", description=__doc__)
    parser.add_argument("--photos", type=Path, help="a folder of distinct photographs")
    parser.add_argument("--drawings", type=Path, help="a folder of distinct drawings")
    parser.add_argument(
        "--kinds", nargs="+", choices=KINDS, help="what to measure; all if not said"
    )
    parser.add_argument(
        "--sample", type=_number, help="so many pictures of each kind, by lot; all if not said"
    )
    parser.add_argument(
        "--half",
        choices=HALVES,
        default="report",
        help="which half of each kind: one to choose thresholds on, one to report on",
    )
    parser.add_argument(
        "--by-method",
        action="store_true",
        help="of photographs, what each method and each rule finds, and where it might be set",
    )
    parser.add_argument(
        "--best",
        action="store_true",
        help="of photographs, which of a picture's copies is suggested as the best",
    )
    parser.add_argument(
        "--series",
        type=_with_group,
        help="a regular expression with one group: photographs in whose names the group finds the "
        "same are of one series, and not unrelated",
    )
    return parser


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) < LEAST:
        raise argparse.ArgumentTypeError(f"{text!r} is too few: it takes {LEAST}")
    return int(text)


def _with_group(text: str) -> str:
    try:
        groups = re.compile(text).groups
    except re.error as problem:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {problem}") from None
    if groups != 1:
        raise argparse.ArgumentTypeError(f"{text!r} needs one group, like '(.*)_[0-9]+'")
    return text


if __name__ == "__main__":
    sys.exit(main())
