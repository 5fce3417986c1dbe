"""Signed addresses that expire."""

from __future__ import annotations

import hashlib
import hmac


def signature(seed: int, path: str, end: int) -> str:
    """The `secure` value for a path that may be had until `end`."""
    key = f"demosite-{seed}".encode()
    return hmac.new(key, f"{path}?{end}".encode(), hashlib.sha256).hexdigest()[:21]


def signed(seed: int, path: str, end: int) -> str:
    """The path with its query."""
    return f"{path}?end={end}&secure={signature(seed, path, end)}"


def is_valid(seed: int, path: str, query: dict[str, str], now: float) -> bool:
    """Whether a query was signed for this path and has not expired."""
    end, secure = query.get("end", ""), query.get("secure", "")
    if not (end.isascii() and end.isdigit() and secure.isascii()) or len(end) > 12:
        return False
    return now <= int(end) and hmac.compare_digest(secure, signature(seed, path, int(end)))
