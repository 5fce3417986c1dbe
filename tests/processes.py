"""A process that a test starts, and that ends with the test."""

import subprocess
from types import TracebackType
from typing import Any


class Process(subprocess.Popen[Any]):
    """One whose block does not wait for it where the test has failed: it may serve for ever."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Wait for its end, or end it, stopped or not."""
        if kind is not None:
            self.kill()
        super().__exit__(kind, value, traceback)
