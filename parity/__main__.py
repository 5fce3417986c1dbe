"""Compare with the real imagededup on pictures that nobody has seen, and run its network."""

import argparse
import secrets
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from parity import weights


def main() -> int:
    """Compare, or write the golden values; 1 if a bit differs."""
    parser = argparse.ArgumentParser(prog="python -m parity", description=__doc__)
    parser.add_argument("--seed", type=int, help="draw the same pictures as another time")
    parser.add_argument("--golden", action="store_true", help="write the tests' golden values")
    arguments = parser.parse_args()
    seed = secrets.randbelow(2**31) if arguments.seed is None else arguments.seed
    print(f"seed {seed}", flush=True)
    with TemporaryDirectory() as home:
        print(f"{weights.MODEL} has {weights.provide(Path(home), seed)} weights.", flush=True)
        return _run(seed, golden=arguments.golden)


def _run(seed: int, *, golden: bool) -> int:
    from parity import hashes, network  # imagededup looks for weights when it is imported

    if golden:
        print(f"{hashes.write_golden()} golden values written.")
        return 0
    compared, others = hashes.compare(seed)
    for line in others:
        print(line)
    print(f"{compared} hashes compared, {len(others)} differ.", flush=True)
    sound, line = network.run(seed)
    print(line)
    return 0 if sound and not others else 1


if __name__ == "__main__":
    sys.exit(main())
