"""The libraries whose versions decide what is made of pictures: a worker needs those of a command.

Hashes and decoders have identities of their own (`deriving`). A network's whole numbers and what
OpenCV sees in two pictures may differ by a hair between versions, and a hair may decide on a pair.
"""

from collections.abc import Mapping
from importlib.metadata import version

from fapproc.errors import UsageProblem

_NAMES = {
    "NumPy": "numpy",
    "ONNX Runtime": "onnxruntime",
    "OpenCV": "opencv-python-headless",
    "Pillow": "pillow",
    "SciPy": "scipy",
}


def here() -> dict[str, str]:
    """The versions of this computer, by name."""
    return {name: version(package) for name, package in _NAMES.items()}


def refuse_others(theirs: Mapping[str, str], mine: Mapping[str, str]) -> None:
    """Refuse work that would come out otherwise here.

    Args:
        theirs: what the work depends on, as it is where the command runs.
        mine: the same here.

    Raises:
        UsageProblem: something differs; the sentence names it.
    """
    for name, wanted in sorted(theirs.items()):
        if (found := mine.get(name, "none")) != wanted:
            raise UsageProblem(
                "A worker of the cluster has other libraries than this computer: of "
                f"{name} it has {found}, here it is {wanted}. Install the same versions on "
                "both, then run the same command again."
            )
