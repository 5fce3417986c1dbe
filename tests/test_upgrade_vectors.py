"""Archives from before vectors of several encoders could be kept beside each other."""

import json
from pathlib import Path

import pytest

from fapproc.db import derived, images
from fapproc.db.engine import Database
from fapproc.dedup.models import DEFAULT, MOBILENET_V3_SMALL, Model, scale
from fapproc.dedup.registry import CNN, methods
from fapproc.jobs import derive, sensitivity
from tests.archives.make import unpack
from tests.jobs.ward import Ward

VECTORS = "SELECT image_id, encoder_id, code FROM vector ORDER BY image_id"


@pytest.fixture
def old(tmp_path: Path) -> Database:
    """The database of an archive of revision 0007, not brought up to date."""
    unpack("open", tmp_path / "archive", "0007")
    return Database(tmp_path / "archive" / "imagefap.database", None)


def test_vectors_are_kept_with_who_made_them(old: Database, tmp_path: Path) -> None:
    with old.reading() as connection:
        before = [tuple(row) for row in connection.exec_driver_sql(VECTORS)]
    old.close()
    with Ward(tmp_path / "archive", "").opened() as archive:
        assert derive.missing(archive) == len(before)  # by what networks see now
        with archive.reading() as connection:
            number = images.encoder_id(connection, CNN, scale(DEFAULT.id))
            assert number is not None
            [after] = derived.vectors(connection, number)
    assert len(before) == 3
    assert before == [(image, number, code) for image, code in after]


@pytest.mark.parametrize("model", [None, DEFAULT, MOBILENET_V3_SMALL])
def test_sensitivities_stay_those_of_the_network_that_they_were_set_for(
    old: Database, tmp_path: Path, model: Model | None
) -> None:
    of = {} if model is None else {"model": scale(model.id)}
    value = json.dumps({"regular": {"cnn": 0.99, "diff": 3}, "animated": {"cnn": 0.99}, **of})
    with old.writing() as connection:
        connection.exec_driver_sql("INSERT INTO setting VALUES ('sensitivity', ?)", (value,))
    old.close()
    meant = DEFAULT if model is None else model
    with Ward(tmp_path / "archive", "").opened() as archive, archive.reading() as connection:
        for each in (DEFAULT, MOBILENET_V3_SMALL):
            found = sensitivity.in_force(connection, methods(each))
            own = 0.99 if each is meant else None
            assert found.regular[CNN] == (own or each.regular)
            assert found.regular["diff"] == 3
