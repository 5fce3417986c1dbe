import pytest

from fapproc.imaging.quality import jpeg_quality
from tests.drawing import landscape, write


@pytest.mark.parametrize("quality", [30, 50, 75, 92])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpegs_quality_is_that_with_which_it_was_written(quality: int, progressive: bool) -> None:
    data = write(landscape(1), "JPEG", quality=quality, progressive=progressive)
    assert jpeg_quality(data) == pytest.approx(quality, abs=0.5)


def test_a_file_that_says_nothing_of_it_has_none() -> None:
    whole = write(landscape(1), "JPEG")
    for data in (b"", b"\xff\xd8", b"\xff\xd8\xff\xdb\x00\x00" * 9, whole[:40], b"\x89PNG" * 100):
        assert jpeg_quality(data) == 0
    for end in range(0, 700, 7):
        assert 0 <= jpeg_quality(whole[:end]) <= 100
