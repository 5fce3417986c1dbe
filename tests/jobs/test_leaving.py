from fapproc.db.images import Stored
from fapproc.jobs.leaving import Leaving, going
from fapproc.model import Format, Image


def stored(number: int, thumb: Format | None) -> Stored:
    form = [*Format][number % len(Format)]
    image = Image(f"{number * 40503:064x}", number, form, 1, None, 9, None, thumb)
    return Stored(number, image)


def test_images_that_go_are_what_was_packed_in_their_order_and_cost_42_bytes_each() -> None:
    images = [stored(n, Format.WEBP if n % 3 else None) for n in range(1, 300)]
    packed = Leaving.of(iter(images))
    assert [*packed] == [going(each) for each in images]
    assert [*packed[10:20]] == [*packed][10:20]
    assert packed[-1] == going(images[-1])
    assert packed.size == sum(range(1, 300))
    assert [each.hex() for each in packed.digests] == [each.image.digest for each in images]
    assert len(packed._rows) == 42 * len(packed)


def test_images_that_go_are_told_from_others() -> None:
    some = [stored(n, None) for n in range(1, 5)]
    assert Leaving.of(some) == Leaving.of(some)
    assert Leaving.of(some) != Leaving.of(some[1:])
    assert Leaving.of(some) != Leaving.of([stored(n, Format.WEBP) for n in range(1, 5)])
