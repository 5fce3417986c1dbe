"""What is known of an exported picture, as a text beside it: XMP for photo programs, or JSON.

XMP says tags three ways, as each program reads another: `dc:subject` (flat), `digiKam:TagsList`
(lineages with slashes) and `lr:hierarchicalSubject` (with bars, Lightroom's).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from xml.sax.saxutils import escape

from fapproc.model import Image, Sighting

STEP, NO_STEP = "|", "\N{BROKEN BAR}"
"""What Lightroom reads as the step from a tag to one under it; and what stands for it in names."""


class Form(StrEnum):
    """What a sidecar is written as; also its file's extension."""

    XMP = "xmp"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a picture; `sources` are the pages that it came from."""

    image: Image
    tags: Sequence[str]
    sightings: Sequence[Sighting]
    sources: Sequence[str]
    name: str | None
    form: Form


def text(known: Known) -> bytes:
    """Write it down in its form."""
    return (_xmp(known) if known.form is Form.XMP else _json(known)).encode()


def _json(known: Known) -> str:
    image = known.image
    said = {
        "sha256": image.digest,
        "bytes": image.bytes,
        "format": image.format,
        "name": known.name,
        "tags": list(known.tags),
        "sources": list(known.sources),
        "fetched_at": image.fetched_at,
        "sightings": [
            {
                "user": each.place.user.number,
                "album": each.place.album,
                "image": each.place.image,
                "name": each.name,
                "source": each.place.user.source,
            }
            for each in known.sightings
        ],
    }
    return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


def _xmp(known: Known) -> str:
    words = sorted({word for path in known.tags for word in path.split("/")})
    at = datetime.fromtimestamp(known.image.fetched_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    plain = {
        "dc:identifier": f"sha256:{known.image.digest}",
        "dc:source": known.sources[0] if known.sources else "",
        "xmpMM:PreservedFileName": known.name or "",
        "xmp:MetadataDate": at,
    }
    fields = [f"<{name}>{_said(value)}</{name}>" for name, value in plain.items() if value]
    if known.name:
        title = f'<rdf:li xml:lang="x-default">{_said(known.name)}</rdf:li>'
        fields.append(f"<dc:title><rdf:Alt>{title}</rdf:Alt></dc:title>")
    fields.append(_list("dc:date", "Seq", [at]))
    if known.tags:
        bars = [path.replace(STEP, NO_STEP).replace("/", STEP) for path in known.tags]
        fields.append(_list("dc:subject", "Bag", words))
        fields.append(_list("digiKam:TagsList", "Seq", known.tags))
        fields.append(_list("lr:hierarchicalSubject", "Bag", bars))
    body = "\n   ".join(fields)
    return f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/"
    xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
    xmlns:digiKam="http://www.digikam.org/ns/1.0/">
   {body}
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>
"""


def _list(name: str, kind: str, values: Iterable[str]) -> str:
    items = "".join(f"<rdf:li>{_said(value)}</rdf:li>" for value in values)
    return f"<{name}><rdf:{kind}>{items}</rdf:{kind}></{name}>"


def _said(value: str) -> str:
    """A text for XML, which has no place for most control characters."""
    legal = "".join(c if c >= " " and c not in "\ufffe\uffff" else "\ufffd" for c in value)
    return escape(legal.encode("utf-8", "replace").decode())
