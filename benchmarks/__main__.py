"""Run all benchmarks, or those named, and print a table of each."""

import sys

from benchmarks import (
    check,
    cluster,
    crawl,
    engines,
    importing,
    judging,
    memory,
    million,
    pages,
    process,
    requests,
    scale,
    sealing,
    search,
    second_look,
    selections,
    serving,
    steps,
    viewer,
)

BENCHMARKS = {
    "search": search.run,
    "second_look": second_look.run,
    "million": million.run,
    "scale": scale.run,
    "steps": steps.run,
    "process": process.run,
    "importing": importing.run,
    "check": check.run,
    "cluster": cluster.run,
    "crawl": crawl.run,
    "requests": requests.run,
    "memory": memory.run,
    "pages": pages.run,
    "viewer": viewer.run,
    "engines": engines.run,
    "serving": serving.run,
    "judging": judging.run,
    "selections": selections.run,
    "sealing": sealing.run,
}


def main(names: list[str]) -> int:
    """Run the benchmarks of these names; all where none is given."""
    unknown = sorted(set(names) - set(BENCHMARKS))
    if unknown:
        sys.stderr.write(f"No benchmark {unknown[0]!r}. There are: {', '.join(BENCHMARKS)}.\n")
        return 2
    for name in names or BENCHMARKS:
        print(f"## {name}\n", flush=True)
        for line in BENCHMARKS[name]():
            print(line, flush=True)
        print(flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
