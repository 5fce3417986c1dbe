"""The library's store of one bucket: with whose credentials it asks, and how long it waits."""

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from obstore.exceptions import BaseError
from obstore.store import S3Store

from fapproc.errors import StorageError
from fapproc.vault.s3_address import LOOPBACK, bucket_and_prefix, endpoint_told
from fapproc.vault.s3_refusal import why

if TYPE_CHECKING:
    from obstore.store import ClientConfig

PARALLEL = 8
"""So many requests are under way at once: one at a time, 20 ms away, would store 50 a second."""
FAULTS = (BaseError, OSError)
"""obstore 0.12 raises its own errors, and FileNotFoundError for what is not there."""
_CREDENTIALS = (
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
)
_SILENT = timedelta(seconds=30)
_SLOWEST = 125_000 / PARALLEL
"""Bytes a second of each of so many puts, on a line of 1 Mbit/s."""
_WHOLE = timedelta(hours=3)
"""What a request may take in all: the library would give a server that goes on 30 s."""
_RETRIES = 3
_RETRY_TIMEOUT = timedelta(seconds=20)


def silent_for(size: int) -> timedelta:
    """How long a server may say nothing that is sent so many bytes: of few values, ever twice.

    The library takes the time in which it sends for silence: with 30 s for all, pictures of 5 MB
    could not be put on a line of 10 Mbit/s.
    """
    return _SILENT * (1 << int(size / _SLOWEST / _SILENT.total_seconds()).bit_length())


def store(url: str, silent: timedelta) -> S3Store:
    """What obstore makes of a URL and the environment.

    Without credentials it would ask the metadata server of a cloud, 169.254.169.254, for some.

    Raises:
        StorageError: there are none, or the URL or the environment names no server.
    """
    bucket, prefix = bucket_and_prefix(url)
    if not any(os.environ.get(name) for name in _CREDENTIALS):
        raise StorageError(
            f"{url} needs credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and "
            "AWS_ENDPOINT_URL where the server is not Amazon's."
        )
    endpoint, is_near = endpoint_told()
    options: ClientConfig = {
        "read_timeout": silent,
        "timeout": _WHOLE,
        "allow_http": is_near,  # nor after a redirect from https
    }
    if endpoint and is_near:  # with a proxy that it never uses the library looks for no other one
        options |= {"proxy_url": endpoint, "proxy_excludes": ",".join(LOOPBACK)}
    try:
        return S3Store(
            bucket,
            prefix=prefix or None,
            endpoint=endpoint,
            client_options=options,
            retry_config={"max_retries": _RETRIES, "retry_timeout": _RETRY_TIMEOUT},
        )
    except FAULTS as error:
        raise StorageError(f"{url} can't be used: {why(str(error))}") from error
