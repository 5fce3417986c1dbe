"""`python -m tests.demosite`: run the site until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Sequence

from tests.demosite.faults import FAULTS, Scope
from tests.demosite.markup import MARKUPS
from tests.demosite.server import DemoServer
from tests.demosite.site import Site
from tests.demosite.world import build

_ID = {
    Scope.PAGE: "NUMBER-OF-A-PHOTO-PAGE",
    Scope.FILE: "NUMBER-OF-A-FILE",
    Scope.PATH: "/PATH",
}


def _parser() -> argparse.ArgumentParser:
    kinds = {scope: [f.kind for f in FAULTS.values() if f.scope is scope] for scope in Scope}
    names = [("--markup NAME", [*MARKUPS])]
    names += [(f"--fault {_ID[scope]}=KIND", kinds[scope]) for scope in Scope]
    parser = argparse.ArgumentParser(
        prog="python -m tests.demosite",
        description=__doc__,
        epilog="\n\n".join(f"{what}: {', '.join(words)}" for what, words in names),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another world")
    parser.add_argument("--scale", type=float, default=1.0, help="1 is about 260 pictures")
    parser.add_argument("--markup", choices=MARKUPS, default="plain", metavar="NAME")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="ID=KIND", help="set a fault; repeatable"
    )
    parser.add_argument("--lifetime", type=int, default=3600, help="of addresses, in seconds")
    parser.add_argument("--plain", action="store_true", help="no faults built into the world")
    return parser


def _fault(text: str) -> tuple[str, str]:
    key, equals, kind = text.rpartition("=")
    if not equals:
        raise ValueError(f"{text!r} is not of the form ID=KIND")
    return key, kind


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> None:
    """Start the site, print its address, serve until stopped."""
    parser = _parser()
    args = parser.parse_args(arguments)
    world = build(seed=args.seed, scale=args.scale, plain=args.plain)
    site = Site(world, markup=MARKUPS[args.markup], lifetime=args.lifetime)
    try:
        site.board.set(dict(_fault(text) for text in args.fault))
    except ValueError as error:
        parser.error(str(error))
    signal.signal(signal.SIGTERM, _interrupt)
    with DemoServer(site, args.port) as server:
        print(site.root, flush=True)
        try:
            server.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
