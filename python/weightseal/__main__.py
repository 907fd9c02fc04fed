"""`python -m weightseal` and the console script: the command, the same as the Rust binary."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Runs the command with the arguments of the process; returns its exit status."""
    import signal

    from . import _native

    stdout_is_open = _is_open(1)
    # What is opened next must not take the place of a stream that the caller closed.
    while not all(_is_open(descriptor) for descriptor in (0, 1, 2)):
        os.open(os.devnull, os.O_RDWR)
    # The command has its own way to end; Python's would wait until it is done. Whoever started us may have switched
    # Ctrl-C off (nohup, a job in the background); then it stays off.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    return _native.run_command(["weightseal", *sys.argv[1:]], stdout_is_open)


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
