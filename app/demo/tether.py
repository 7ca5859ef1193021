"""Runs a program that ends when its parent does, however that happens.

Run as a file of its own (``python tether.py PARENT PROGRAM …``): the kernel's death signal is set here, between the
start of this process and that of the program, because code between fork and exec is not safe in a parent with threads.
It comes when the *thread* that started this process ends, so the main thread has to start it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Become the program."""
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # The parent may have died before the signal was set.
    if os.getppid() == parent:
        os.execv(program[0], program)  # noqa: S606  # the command is this package's own


if __name__ == "__main__":
    main()
