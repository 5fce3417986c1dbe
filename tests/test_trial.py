"""docs/trial.md, typed into one shell: three real servers, and what is kept on them."""

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests import database_server
from tests.drawing import landscape
from tests.processes import Process
from tests.programs import clean
from tests.test_readme import BIN, ROOT, commands

LISTENS = "tls://127.0.0.1:8786"
PORTS = ("5433", "8333", "8786")
LONGEST = 280

pytestmark = pytest.mark.long


@pytest.fixture
def home() -> Iterator[Path]:
    """A home that the server's user may go through, though a root runs the tests."""
    made = Path(mkdtemp(prefix="trial-"))
    made.chmod(0o755)
    pictures = made / "Pictures" / "favorites"
    pictures.mkdir(parents=True)
    for seed in range(3):
        landscape(seed, (320, 240)).save(pictures / f"{seed}.jpg")
    landscape(0, (320, 240)).save(pictures / "0 again.jpg", quality=50)
    yield made
    shutil.rmtree(made)


def test_the_page_starts_all_three_uses_them_and_leaves_nothing(home: Path) -> None:
    lines = commands(ROOT / "docs" / "trial.md")
    script = "\n".join(lines).replace("fapproc scheduler", f"fapproc scheduler --listen {LISTENS}")
    for port in PORTS:
        script = script.replace(port, _free())
    if os.getuid() == 0:  # whom PostgreSQL refuses
        script = re.sub(
            r"^(initdb|pg_ctl)", r"runuser -u postgres -- \1", script, flags=re.MULTILINE
        )
        script = script.replace(lines[0], f"{lines[0]}\nchown postgres ~/trial")
    script = script.replace("$(echo /usr/lib/postgresql/*/bin)", str(database_server.programs()))
    with Process(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=home,
        env=clean(os.environ) | {"HOME": str(home), "PATH": f"{BIN}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as shell:
        try:
            out, err = shell.communicate(timeout=LONGEST)
        finally:
            _end(shell.pid, home / "trial" / "rows" / "postmaster.pid")
    assert shell.returncode == 0, err
    assert "Traceback" not in err
    assert "4 images processed, 0 failed." in out
    assert "Everything is there and sound." in out
    assert {each.name for each in home.iterdir()} == {"Pictures", ".config"}


def _end(group: int, server: Path) -> None:
    """End what a shell has begun that did not come to its last lines."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)
    if server.exists():
        os.kill(int(server.read_text().split()[0]), signal.SIGQUIT)


def _free() -> str:
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        return str(found.getsockname()[1])
