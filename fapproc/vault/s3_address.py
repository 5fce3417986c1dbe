"""Where object storage is: what a place's URL says, and what the environment says of the server.

Asks nobody.
"""

import os
import re
from urllib.parse import urlsplit

from fapproc.errors import StorageError

_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
LOOPBACK = ("127.0.0.1", "::1", "localhost")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


def endpoint_told() -> tuple[str | None, bool]:
    """The server's address, if it is not Amazon's, and whether it is this computer.

    Raises:
        StorageError: pictures would go there unencrypted, or it would tell a password.
    """
    endpoint = next(filter(None, map(os.environ.get, _ENDPOINTS)), None)
    if endpoint is None:
        return None, False
    try:
        at = urlsplit(endpoint)
        is_near = at.scheme == "http" and at.hostname in LOOPBACK
    except ValueError as error:
        raise StorageError("AWS_ENDPOINT_URL is no address of a server. Correct it.") from error
    if "@" in endpoint:
        raise StorageError(
            "AWS_ENDPOINT_URL holds a user name or password, which would be shown in messages. "
            "Give them as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        )
    if at.scheme != "https" and not is_near:
        raise StorageError(
            f"AWS_ENDPOINT_URL is {endpoint}: pictures would go over the network unencrypted. "
            "Give an address that begins with https://."
        )
    return endpoint, is_near


def bucket_and_prefix(url: str) -> tuple[str, str]:
    """The parts of a place's URL.

    Raises:
        StorageError: it has not this form.
    """
    bucket, _, prefix = url.partition("://")[2].rstrip("/").partition("/")
    if not _BUCKET.fullmatch(bucket) or (prefix and not _PREFIX.fullmatch(prefix)):
        raise StorageError(
            f"{url.rpartition('@')[2]} is not of the form s3://BUCKET or s3://BUCKET/FOLDER, in "
            "letters, digits, dots, dashes and underscores."
        )
    return bucket, prefix
