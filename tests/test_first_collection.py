"""The ten commands of docs/first-collection.md, typed one after another: what they leave behind."""

import json
import os
from dataclasses import replace
from pathlib import Path

from tests.demosite.process import IMPATIENT
from tests.demosite.site import Site
from tests.demosite.world import build
from tests.fapspider.crawling import serving
from tests.test_readme import BIN, ROOT, commands, typed

SOURCES = 6


def test_a_collection_is_read_tagged_judged_pruned_and_exported_by_ten_commands(
    tmp_path: Path,
) -> None:
    world = build(scale=0.1, plain=True)
    alike = world.main.folder_named("Look-alikes")
    ids = alike.photo_ids  # the sources, then of each a smaller one, one of less quality, others
    chosen = (ids[0], ids[SOURCES], ids[SOURCES + 1], ids[1])
    few = replace(alike, name="My Pics", pages=(chosen,))
    site = Site(replace(world, users=(replace(world.main, folders=(few,)),)))
    lines = commands(ROOT / "docs" / "first-collection.md")
    assert len(lines) == 10
    with serving(site):
        environment = os.environ | {
            "HOME": str(tmp_path),
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "SITE_ROOT": site.root,
            **IMPATIENT,
            "NAME": world.main.name,
        }
        told = [_typed(line.replace("NAME", '"$NAME"'), environment) for line in lines]
    stats = json.loads(_typed("fapproc stats --json", environment))
    skipped = stats["pruned"]["images"]
    assert skipped > 0 and stats["pruned"]["in_bin"] == skipped
    assert stats["images"] + skipped == len(chosen)
    assert "0 new" not in told[0] and told[9] == "Everything is there and sound.\n"
    exported = {file.suffix for file in (tmp_path / "Lakes").rglob("*") if file.is_file()}
    assert ".xmp" in exported
    pictures = [
        f for f in (tmp_path / "Lakes" / "Places" / "Lakes").iterdir() if f.suffix != ".xmp"
    ]
    assert len(pictures) == stats["images"]
    log = _typed("fapproc log", environment)
    assert f"{skipped} image" in log and "tag Places/Lakes given to 4 images" in log


def _typed(line: str, environment: dict[str, str]) -> str:
    done = typed(line, Path(environment["HOME"]), environment)
    assert done.returncode == 0, (line, done)
    return done.stdout
