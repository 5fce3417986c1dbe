"""imagededup's own network, for those who come from the predecessor: run by imagededup itself.

The one room that may use the network, once, for the weights: to PyTorch's own folder, under
PyTorch's own name, so that imagededup finds them.
"""

import os
import tempfile
import urllib.request
from collections.abc import Callable
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fapproc import disk
from fapproc.config import expanded
from fapproc.dedup.colour import Colour
from fapproc.dedup.models import Model
from fapproc.errors import UsageProblem

WEIGHTS = "mobilenet_v3_small-047dcff4.pth"
"""PyTorch's name for them; the digits are how their SHA-256 begins."""
_ADDRESS = f"https://download.pytorch.org/models/{WEIGHTS}"
_SECONDS = 10.0
_NOT_INSTALLED = (
    "FAP_CNN_MODEL is mobilenet_v3_small, and imagededup is not installed. Run pip install "
    "'.[imagededup]' in the project's folder, or set FAP_CNN_MODEL to efficientnet_lite0."
)


def load(model: Model) -> Callable[[Colour], NDArray[np.float32]]:
    """Make imagededup's encoder, without any use of the network.

    Raises:
        UsageProblem: imagededup is not installed, or there are no weights that it can use.
    """
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TORCH_HOME"] = str(_home(model, Path(folder)))
        os.environ["MPLCONFIGDIR"] = (
            folder  # imagededup draws too; else fonts are noted in ~/.cache
        )
        try:
            from imagededup.methods import CNN

            encoder = CNN(verbose=False)
        except ImportError as problem:
            raise UsageProblem(_NOT_INSTALLED) from problem
        except Exception as problem:  # torch raises many kinds on a file that holds no weights
            raise UsageProblem(
                f"The weights {model.file or WEIGHTS} can't be used: they are not those of "
                "mobilenet_v3_small. Name others with FAP_CNN_WEIGHTS."
            ) from problem

    def embed_one(colour: Colour) -> NDArray[np.float32]:
        made = encoder.encode_image(image_array=np.asarray(colour.full))
        return np.asarray(made, dtype=np.float32).reshape(-1)

    return embed_one


def fetch(model: Model) -> None:
    """Bring the weights to this machine, if none are named and none are there yet.

    Raises:
        UsageProblem: they can't be loaded, or there is nothing to use them with.
    """
    if find_spec("imagededup") is None:
        raise UsageProblem(_NOT_INSTALLED)
    place = _cache() / "hub" / "checkpoints" / WEIGHTS
    if model.file is not None or place.is_file():
        return
    try:
        # Not urlopen, which keeps the proxies that were set when anything called it first.
        with urllib.request.build_opener().open(_ADDRESS, timeout=_SECONDS) as answer:
            data = answer.read()
    except OSError as problem:
        raise UsageProblem(
            f"The weights of mobilenet_v3_small are not on this machine, and {_ADDRESS} can't be "
            f"downloaded ({_reason(problem)}). Name a file that holds them with FAP_CNN_WEIGHTS, "
            "or set FAP_CNN_MODEL to efficientnet_lite0, which needs no download."
        ) from problem
    if not sha256(data).hexdigest().startswith(place.stem.rpartition("-")[2]):
        raise UsageProblem(f"What came from {_ADDRESS} is not the weights file. Try again later.")
    place.parent.mkdir(parents=True, exist_ok=True)
    whole = place.with_suffix(f".{os.getpid()}")
    whole.write_bytes(data)
    disk.replace(whole, place)


def _reason(problem: OSError) -> object:
    """What lies behind an error of urllib, without its number."""
    behind = getattr(problem, "reason", problem)
    return getattr(behind, "strerror", None) or behind


def _home(model: Model, folder: Path) -> Path:
    """Return a home of PyTorch in which the weights have their name."""
    if model.file is None:
        return _cache()
    place = folder / "hub" / "checkpoints" / WEIGHTS
    place.parent.mkdir(parents=True)
    place.write_bytes(model.file.read_bytes())
    return folder


def _cache() -> Path:
    """Return where PyTorch keeps what it fetches."""
    base = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return expanded(os.environ.get("TORCH_HOME", f"{base}/torch"))
