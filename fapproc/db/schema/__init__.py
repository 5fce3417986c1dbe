"""The tables. A change here is a migration in `migrations/versions` and a new `REVISION`."""

from fapproc.db.schema.derived import (
    compared,
    encoder,
    encoding,
    guest,
    pair,
    same_class,
    sameness,
    second_look,
    vector,
)
from fapproc.db.schema.figures import album_figures, archive_figure, user_figures
from fapproc.db.schema.judged import (
    decision,
    different_pair,
    duplicate_group,
    former_verdict,
    group_member,
)
from fapproc.db.schema.kept import (
    album,
    gone,
    image,
    image_tag,
    listing,
    metadata,
    observation,
    tag,
    user,
)
from fapproc.db.schema.own import journal, progress, setting, suspect
from fapproc.db.schema.pruned import pruned

__all__ = [
    "REVISION",
    "album",
    "album_figures",
    "archive_figure",
    "compared",
    "decision",
    "different_pair",
    "duplicate_group",
    "encoder",
    "encoding",
    "former_verdict",
    "gone",
    "group_member",
    "guest",
    "image",
    "image_tag",
    "journal",
    "listing",
    "metadata",
    "observation",
    "pair",
    "progress",
    "pruned",
    "same_class",
    "sameness",
    "second_look",
    "setting",
    "suspect",
    "tag",
    "user",
    "user_figures",
    "vector",
]

REVISION = "0024"
"""The newest migration; a test holds it against the folder of migrations."""
