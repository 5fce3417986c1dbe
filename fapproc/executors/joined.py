"""A cluster that was joined: who is there, and a way to have somebody do something."""

import asyncio
import concurrent.futures
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from fapproc.errors import FapError
from fapproc.executors import cluster_rules

if TYPE_CHECKING:
    from distributed import Client, Future


def obey(name: str, payloads: bytes, job: bytes | None) -> bytes | None:
    """Do some payloads of a job. Runs in a worker."""
    from distributed import get_worker

    station: Any = get_worker().station  # type: ignore[attr-defined]
    answer: bytes | None = station.answer(name, payloads, job)
    return answer


@dataclass(slots=True)
class Cluster:
    """A scheduler that workers for a group have joined, as one who has something to do sees it.

    Args:
        url: of the scheduler.
        certificate: the file that lets us in.
        group: how the names of the workers begin that are meant; others work for others.
        tell: is called with a sentence when there is something to be waited for.
        watch: is called now and then; raises what makes it useless to go on.
    """

    url: str
    certificate: Path
    group: str
    tell: Callable[[str], object]
    watch: Callable[[], object] = lambda: None
    _client: "Client | None" = None

    def __enter__(self) -> Self:
        """Connect.

        Raises:
            FapError: there is no scheduler, or it lets others in than us.
            UsageProblem: Dask is not installed.
        """
        cluster_rules.prepare()
        cluster_rules.knock(self.url, self.certificate)
        from distributed import Client

        try:
            self._client = Client(
                self.url,
                security=cluster_rules.security(self.certificate),
                set_as_default=False,
                direct_to_workers=False,
            )
        except OSError as error:
            raise self._gone() from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        client, self._client = self._client, None
        if client is not None:
            with suppress(OSError, TimeoutError):
                client.close(timeout=1)

    def workers(self) -> frozenset[str]:
        """The addresses of the workers of the group that are there now.

        Raises:
            FapError: the scheduler is gone.
        """
        return frozenset(there for there, name in self._named().items() if self._is_ours(name))

    def others(self) -> list[str]:
        """The names of workers that belong to another group."""
        return sorted(name for name in self._named().values() if not self._is_ours(name))

    def _is_ours(self, name: str) -> bool:
        return name.startswith(self.group)

    def _named(self) -> Mapping[str, str]:
        client = self._connected
        scheduler: Any = client.scheduler
        if client.status != "running":
            raise self._gone()
        try:
            found: Any = client.sync(scheduler.identity)
        except (OSError, TimeoutError) as error:
            raise self._gone() from error
        return {address: str(each["name"]) for address, each in found["workers"].items()}

    @property
    def _connected(self) -> "Client":
        if self._client is None:
            raise RuntimeError("the cluster was not entered")
        return self._client

    def submit(
        self, worker: str, name: str, payloads: bytes, job: bytes | None
    ) -> "Future[bytes | None]":
        """Have a worker, and no other, do some payloads of a job."""
        return self._connected.submit(
            obey, name, payloads, job, key=str(uuid.uuid4()), workers=[worker], pure=False
        )

    def fetched(self, future: "Future[bytes | None]") -> "concurrent.futures.Future[bytes | None]":
        """Fetch what a worker has made, while somebody else may look whether it is still there."""
        client: Any = self._connected
        fetching = client.gather(future, asynchronous=True)
        return asyncio.run_coroutine_threadsafe(fetching, client.loop.asyncio_loop)

    def cancel(self, futures: "list[Future[bytes | None]]") -> None:
        """Nobody waits for these any more."""
        if futures and self._connected.status == "running":
            with suppress(OSError, TimeoutError):
                self._connected.cancel(futures)

    def _gone(self) -> FapError:
        return FapError(
            f"The scheduler at {self.url} can't be reached any more. What was done is kept: run "
            "the same command again when it is back."
        )
