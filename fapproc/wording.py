"""How sizes, digests, times and so on are said to a person, the same in every program."""

import time
from datetime import datetime

DIGITS = 16
"""Of the 64 of a digest, that people are shown."""
_UNITS = ("kB", "MB", "GB", "TB")
_MEANINGS = {
    "truncated": "it can't be decoded to its end",
    "too-large": "it has more pixels than are decoded",
    "format": "no decoder here knows its format",
}


def size(count: float) -> str:
    """Bytes in decimal units: `987 B`, `1.2 MB`."""
    if count < 999.5:
        return f"{count:.0f} B"
    for unit in _UNITS:
        count /= 1000
        if count < 999.95:
            return f"{count:.1f} {unit}"
    return f"{count:,.1f} {_UNITS[-1]}"


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun: `1 image`, `1,234 images`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def short(digest: str) -> str:
    """The beginning of a digest, by which a person knows an image."""
    return digest[:DIGITS]


def share(part: int, whole: int) -> str:
    """Part of a whole in per cent, `-` where there is no whole."""
    return f"{100 * part / whole:.1f}%" if whole else "-"


def meaning(detail: str) -> str:
    """What is wrong with an unsound image, as half a sentence, by the word for it."""
    return _MEANINGS.get(detail, f"it is {detail}")


def moment(seconds: int, never: str = "-") -> str:
    """A time in the person's own zone: `2026-11-22 18:30`; `never` for 0."""
    if not seconds:
        return never
    return datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M")


def wait(seconds: float) -> str:
    """How long a wait takes, and until when if that is more than a minute."""
    if seconds < 60:
        return duration(seconds)
    return f"{duration(seconds)}, until {moment(round(time.time() + seconds))}"


def duration(seconds: float) -> str:
    """A span of time in its two largest units: `2 d 3 h`, `4 min 5 s`, `0.8 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, secs = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (secs, "s")]
    first = next(index for index, (value, _) in enumerate(parts) if value)
    return " ".join(f"{value} {unit}" for value, unit in parts[first : first + 2] if value)
