"""The logger `weightseal`: silent unless the program configures logging."""

from __future__ import annotations

import sys


def _log(level: str, message: str) -> None:
    # A program that never imported logging listens to nobody, and importing it takes longer than we do.
    logging = sys.modules.get("logging")
    if logging is None:
        return
    logger = logging.getLogger("weightseal")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    getattr(logger, level)("%s", message)


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
    _log("warning", message)


def info(message: str) -> None:
    """Logs what was done."""
    _log("info", message)
