"""`python -m evaluation [PHOTOS]`: print the tables that docs/duplicates.md shows."""

import argparse
import re
import sys
import time
from pathlib import Path

from evaluation import collection, report

LEAST = 10


def main() -> int:
    """Evaluate; 2 where there is nothing to evaluate on."""
    parser = argparse.ArgumentParser(prog="python -m evaluation", description=__doc__)
    parser.add_argument("photos", nargs="?", type=Path, help="a folder of distinct photographs")
    parser.add_argument(
        "--series",
        type=_with_group,
        help="a regular expression with one group: photographs in whose names the group finds the "
        "same are of one series, and not unrelated",
    )
    arguments = parser.parse_args()
    if arguments.photos is not None and not arguments.photos.is_dir():
        parser.error(f"{arguments.photos} is no folder. Name one that holds photographs.")
    started = time.monotonic()
    made = collection.make(collection.read(arguments.photos, arguments.series))
    if len(made) < LEAST:
        parser.error(f"{len(made)} photographs are too few: it takes {LEAST}.")
    for line in report.run(made):
        print(line, flush=True)
    sys.stderr.write(f"{time.monotonic() - started:.0f} s\n")
    return 0


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
