"""Files of others are those that were published, and stand in one list with their licence."""

import re
from hashlib import sha256
from pathlib import Path

VENDOR = Path(__file__).parents[2] / "webviewer" / "static" / "vendor"


def test_each_file_of_others_is_as_it_was_published_and_has_its_licence_beside_it() -> None:
    listed = re.findall(r"\| (\S+\.js) \| ([0-9a-f]{64}) \|", (VENDOR / "README.md").read_text())
    assert {name for name, _ in listed} == {
        path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*.js")
    }
    for name, digest in listed:
        assert sha256((VENDOR / name).read_bytes()).hexdigest() == digest
        assert (VENDOR / name).with_name("LICENSE").is_file()
