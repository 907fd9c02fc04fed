"""Finding frameworks, which are imported only when they are used."""

from __future__ import annotations

import importlib
import re

from .errors import UnsupportedFramework

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


def framework(name: str, *, at_least: tuple[int, ...] = ()) -> ModuleType:
    """The module of a framework.

    Raises `UnsupportedFramework` (an `ImportError`) where it is missing or older than `at_least`.
    """
    package = name.split(".")[0]
    try:
        module = importlib.import_module(name)
        version = str(getattr(importlib.import_module(package), "__version__", ""))
    except ModuleNotFoundError as error:
        # Something that the framework itself lacks is told by the framework.
        if error.name is None or error.name.split(".")[0] != package:
            raise
        raise UnsupportedFramework(f"{package} is not installed", hint=f"pip install {package}") from error
    wanted = ".".join(map(str, at_least))
    if at_least and tuple(map(int, re.findall(r"\d+", version)))[: len(at_least)] < at_least:
        message = f"{package} {version} is here, and {wanted} or newer is needed to load anything safely"
        raise UnsupportedFramework(message, hint=f"pip install '{package}>={wanted}'", found=version, expected=wanted)
    return module
