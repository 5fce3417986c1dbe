"""A group, or an image listed more than once, as the scripts of the page that judges read it."""

from collections.abc import Iterable, Sequence

from flask import url_for

from fapproc.jobs.pages.duplicates import Duplicate, Member
from fapproc.jobs.pages.images import ImageDetails
from fapproc.model import Image
from fapproc.wording import moment, size
from webviewer.blueprint import opened
from webviewer.duplicates import WHOLE, Last, last_decision, place_field, untold, ways_of
from webviewer.showing import source, upright

_VERDICTS = "verdicts"
"""What a decision is about that the keys of judging take back."""


def described(shown: Iterable[Duplicate]) -> list[dict[str, object]]:
    """What a script is told of each; words are sentences of ours, names those of the site."""
    last = last_decision()
    known = last if last is not None and last.kind == _VERDICTS else None
    return [_group(each, known) for each in shown]


def _group(shown: Duplicate, last: Last | None) -> dict[str, object]:
    images = [member.details.image for member in shown.members]
    whole = {image.digest for image in images[:WHOLE]}
    return {
        "digest": shown.group.members[0] if shown.group else images[0].digest,
        "kind": "alike" if shown.group else "places",
        "version": shown.version,
        "to_look": bool(shown.group and shown.group.to_look),
        "best": next((each.digest for each in _best(shown.members)), None),
        "why": _why(shown),
        "members": [
            _member(number, member, shown, whole=member.details.image.digest in whole)
            for number, member in enumerate(shown.members, 1)
        ],
        "ways": [
            {"a": each.a, "b": each.b, "words": list(each.words)}
            for each in ways_of(
                shown.group,
                {image.digest: image for image in images},
                {image.digest: number for number, image in enumerate(images, 1)},
            )
        ],
        "pairs": [
            {
                "method": each.pair.method,
                "a": each.pair.a,
                "b": each.pair.b,
                "score": each.pair.score,
                "likeness": each.likeness,
            }
            for each in shown.pairs
        ],
        "decision": None if last is None else {"id": last.number, "what": last.what},
    }


def _member(number: int, member: Member, shown: Duplicate, *, whole: bool) -> dict[str, object]:
    known, image = member.details, member.details.image
    width, height = upright(image) or (None, None)
    thumb = url_for("viewer.thumb", digest=image.digest) if image.thumb_digest else None
    return {
        "number": number,
        "digest": image.digest,
        "verdict": member.verdict,
        "proposed": shown.proposed.get(image.digest),
        "best": member.best,
        "same": member.same,
        "reason": _reason(member, shown.members),
        "width": width,
        "height": height,
        "bytes": image.bytes,
        "size": size(image.bytes),
        "format": image.format.upper(),
        "animated": bool(image.facts and image.facts.animated),
        "unsound": image.unsound,
        "gone": member.gone,
        "fetched": moment(image.fetched_at),
        "tags": list(known.tags),
        "places": _places(known),
        "related": [{"relation": each.relation, "digest": each.digest} for each in known.related],
        "thumb": thumb,
        "picture": (source(image) if whole else None) or thumb,
        "page": url_for("viewer.image", digest=image.digest),
    }


def _places(known: ImageDetails) -> list[dict[str, object]]:
    site = opened().site
    return [
        {
            "field": place_field(each.sighting.place),
            "name": each.sighting.name,
            "user": each.user,
            "album": each.album,
            "page": url_for(
                "viewer.album",
                user_id=each.sighting.place.user,
                album_id=each.sighting.place.album,
                image=each.sighting.place.image,
                _anchor=str(each.sighting.place.image),
            ),
            "site": site.image(each.sighting.place),
            "verdict": each.sighting.verdict,
        }
        for each in known.places
    ]


def _best(members: Sequence[Member]) -> list[Image]:
    return [member.details.image for member in members if member.best]


def _why(shown: Duplicate) -> str | None:
    """Why this one is suggested as the best, or why none is."""
    best, same = _best(shown.members), [each for each in shown.members if each.same]
    if not best:
        return untold(shown.group) if shown.group else None
    most = sum(_pixels(each.details.image) >= _pixels(best[0]) for each in same)
    what = "Most pixels" if most == 1 else "Best file"
    return f"{what} of the {len(same)} that are the same picture."


def _reason(member: Member, members: Sequence[Member]) -> str | None:
    """How an image relates to the suggested best."""
    for best in _best(members):
        if member.best:
            return None
        if not member.same:
            return "Not the same everywhere: look."
        smaller = _pixels(member.details.image) < _pixels(best)
        return f"The same picture, {'smaller' if smaller else 'in another file'}."
    return None


def _pixels(image: Image) -> int:
    return image.facts.width * image.facts.height if image.facts else 0
