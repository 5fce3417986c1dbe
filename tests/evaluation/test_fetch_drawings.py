"""The script that unpacks drawings of Debian's packages: which files it takes, and what of them."""

import hashlib
import importlib.util
import io
import tarfile
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "fetch_drawings.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fetch_drawings", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def deb(files: dict[str, bytes]) -> bytes:
    """An ar file as Debian's packages are: two members before the one with the files."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:xz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    made = b"!<arch>\n"
    members = ((b"debian-binary", b"2.0\n"), (b"control.tar.xz", b"odd"))
    for title, data in (*members, (b"data.tar.xz", held.getvalue())):
        made += title.ljust(16) + b" " * 32 + str(len(data)).encode().ljust(10) + b"`\n" + data
        made += b"\n" * (len(data) % 2)
    return made


def test_only_a_package_of_the_known_size_and_digest_is_unpacked(
    script: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    large = b"\x89PNG" * 1000
    data = deb(
        {
            "./usr/share/art/boat.png": large,
            "./usr/share/art/boat_mirror.png": large,
            "./usr/share/art/dot.png": b"small",
            "./usr/share/art/boat.txt": large,
            "./usr/share/doc/other.png": large,
        }
    )
    package = script.Package(
        "art", "1", len(data), hashlib.sha256(data).hexdigest(), "usr/share/art", ("_mirror",)
    )
    monkeypatch.setattr(script, "PACKAGES", (package,))
    good, bad = tmp_path / "good.deb", tmp_path / "bad.deb"
    good.write_bytes(data)
    bad.write_bytes(data[:-1] + b"?")
    assert script.main(tmp_path / "out", [good]) == 0
    found = [file.relative_to(tmp_path / "out").as_posix() for file in tmp_path.rglob("*.png")]
    assert found == ["art/boat.png"]
    assert script.main(tmp_path / "out", [bad]) == 1
    assert "none of the packages" in capsys.readouterr().out
