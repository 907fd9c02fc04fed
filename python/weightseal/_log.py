"""The logger `weightseal`: silent unless the program configures logging."""

from __future__ import annotations

import sys

# The numbers of the module logging.
_INFO = 20
_WARNING = 30


def _log(level: int, message: str) -> None:
    # A program that never imported logging listens to nobody, and importing it takes longer than we do.
    if "logging" not in sys.modules:
        return
    import logging

    logger = logging.getLogger("weightseal")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    # The record names the line of the program that called us, not this one.
    logger.log(level, "%s", message, stacklevel=callers_level())


def callers_level() -> int:
    """The stack level, for `warnings.warn` in our caller, of the code that called this package."""
    level = 1
    frame = sys._getframe(1)
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).split(".")[0] == "weightseal":
        frame = frame.f_back
        level += 1
    return level


def warning(message: str) -> None:
    """Logs something that should be repaired."""
    _log(_WARNING, message)


def info(message: str) -> None:
    """Logs what was done."""
    _log(_INFO, message)
