"""What a cluster's processes are told of Dask, and what an address of a scheduler tells."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fapproc.errors import UsageProblem
from fapproc.executors import cluster_rules

LOADED = """
import os, uuid
from fapproc.executors import cluster_rules
cluster_rules.prepare()
import dask
print(dask.config.get("distributed.scheduler.work-stealing"))
print(dask.config.get("temporary-directory"))
print(os.environ["HOME"])
print(uuid.getnode() >> 40 & 1)
"""


def test_the_persons_own_settings_of_dask_count_for_nothing_and_may_be_broken(
    tmp_path: Path,
) -> None:
    own = tmp_path / ".config" / "dask"
    own.mkdir(parents=True)
    (own / "broken.yaml").write_text("distributed: [\n worker: {")
    (own / "other.yaml").write_text("temporary-directory: /somewhere")
    settings = {
        "DASK_INTERNAL_INHERIT_CONFIG": "broken",
        "DASK_DISTRIBUTED__SCHEDULER__WORK_STEALING": "True",
        "DASK_CONFIG": str(own),
    }
    ended = subprocess.run(
        [sys.executable, "-c", LOADED],
        env={**os.environ, **settings, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stderr == ""
    steals, where, home, is_drawn = ended.stdout.split()
    assert (steals, where, home) == ("False", "None", str(tmp_path))
    assert is_drawn == "1", "a client is named by the number of the network card"
    assert {file.name for file in own.iterdir()} == {"broken.yaml", "other.yaml"}


@pytest.mark.parametrize(
    "typed",
    ["127.0.0.1:8786", "tcp://127.0.0.1", "tls://", "tls://a:b", "tls://a/b", "tls://me@a", "x"],
)
def test_what_is_no_address_of_a_scheduler_is_refused(typed: str) -> None:
    with pytest.raises(UsageProblem, match="no address of a scheduler: give tls://HOST"):
        cluster_rules.address(typed)


def test_an_address_tells_whether_a_scheduler_is_of_this_computer() -> None:
    here = ("tls://127.0.0.1", "tls://localhost:1", "tls://[::1]:8786")
    assert all(map(cluster_rules.is_here, here))
    assert not cluster_rules.is_here("tls://192.0.2.1:8786")


def test_of_a_scheduler_with_addresses_of_both_kinds_that_of_ipv4_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = [
        *socket.getaddrinfo("::1", 1, type=socket.SOCK_DGRAM),
        *socket.getaddrinfo("127.0.0.1", 1, type=socket.SOCK_DGRAM),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    assert cluster_rules.own_address("scheduler.example", 1) == "127.0.0.1"
