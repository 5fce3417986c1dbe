"""The weights of imagededup's network, without which it can't even be imported offline."""

import os
import shutil
from pathlib import Path

MODEL = "mobilenet_v3_small"
_PLACE = Path("hub", "checkpoints", f"{MODEL}-047dcff4.pth")


def provide(home: Path, seed: int) -> str:
    """Make a folder PyTorch's home, with weights in it; return which: fetched or random.

    Random ones, drawn from the seed, are taken where this machine has not fetched the real ones.
    They make vectors that say nothing of pictures, but a picture and its copy are near by any.
    """
    cache = os.environ.get("TORCH_HOME", Path("~/.cache/torch").expanduser())
    place = home / _PLACE
    place.parent.mkdir(parents=True)
    os.environ["TORCH_HOME"] = str(home)
    os.environ["MPLCONFIGDIR"] = str(home)  # imagededup draws too; else fonts are noted in ~/.cache
    if (fetched := Path(cache, _PLACE)).is_file():
        shutil.copyfile(fetched, place)
        return "fetched"
    import torch
    import torchvision

    torch.manual_seed(seed)
    torch.save(torchvision.models.mobilenet_v3_small(weights=None).state_dict(), place)
    return "random"
