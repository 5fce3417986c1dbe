"""`make demo`: from nothing to pictures in the viewer, each step printed before it runs."""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from tests.demosite.process import IMPATIENT, DemoSite

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
MADE_ANEW = "demo-archive"
SOME_FAILED = 3
PORT = 8000


def main() -> int:
    """Run the demo; returns the exit code of the first step that went wrong, else 0."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument(
        "--archive", type=Path, help=f"a new folder; without it {MADE_ANEW} is made anew"
    )
    parser.add_argument("--no-serve", action="store_true", help="stop before the viewer")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="how many pictures; 1 is about 260"
    )
    options = parser.parse_args()
    if options.archive and options.archive.exists():
        parser.error(f"{options.archive} is there already. Name a new folder.")
    archive = (options.archive or ROOT / MADE_ANEW).resolve()
    if not options.archive:
        shutil.rmtree(archive, ignore_errors=True)
    print("Step 1: a local imitation of the site, with pictures drawn by code.", flush=True)
    with DemoSite(scale=options.scale) as site:
        print(f"        It answers at {site.root}\n", flush=True)
        environment = {"FAP_ARCHIVE": str(archive), "SITE_ROOT": site.root, **IMPATIENT}
        code = _steps(site.world.main.name, environment)
    if code:
        return code
    print(f"\nThe archive is in {archive}", flush=True)
    if options.no_serve:
        print(f"Look at it: {BIN / 'fapproc'} run --dir {shlex.quote(str(archive))}", flush=True)
        return 0
    print("Step 7: the viewer. Open the address below - Ctrl-C ends it.\n", flush=True)
    return _run(["fapproc", "run", "--dir", str(archive), "--port", str(PORT)], {})


def _steps(user: str, environment: dict[str, str]) -> int:
    crawl = ["scrapy", "crawl", "favorites", "-a", f"user={user}"]
    steps = (
        ("crawl one user's favorites. Some pages and pictures are broken on purpose.", crawl),
        (
            "process: facts, thumbnails, hashes. Broken pictures become failures (exit code 3).",
            ["fapproc", "process"],
        ),
        ("find duplicates.", ["fapproc", "dedup"]),
        ("the same crawl again: nothing to do, so no request is sent.", crawl),
        ("what is there now.", ["fapproc", "stats"]),
    )
    for number, (title, command) in enumerate(steps, start=2):
        print(f"Step {number}: {title}", flush=True)
        code = _run(command, environment)
        if code not in {0, SOME_FAILED}:
            return code
        print(flush=True)
    return 0


def _run(command: list[str], environment: dict[str, str]) -> int:
    shown = " ".join(f"{key}={shlex.quote(value)}" for key, value in environment.items())
    print(f"        $ {shown} {shlex.join(command)}".replace("$  ", "$ "), flush=True)
    try:
        done = subprocess.run(
            [BIN / command[0], *command[1:]],
            cwd=ROOT,
            env=os.environ | environment,
            check=False,
        )
    except KeyboardInterrupt:
        return 0
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
