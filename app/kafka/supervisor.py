"""The process between this program and the broker's Java: it ends the broker when the program is gone.

Run as a file of its own (``python supervisor.py …``), so it must import nothing beyond the standard library.
It has a session of its own: Ctrl-C in a terminal reaches neither it nor the broker, and the program stops both in
order. A death signal set on the broker directly would not do, because the kernel sends it when the *thread* that
started the broker ends, and threads come and go; this process has one.

Standard output: the broker's process id, in one line. Standard input: ``s`` stops the broker; its end, which comes
when the program dies however that happens, stops it too and deletes the directory named by ``--delete``.
Exit code: the broker's.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys

_PR_SET_PDEATHSIG = 1
_PARENT_CHECK_S = 1.0
STOP = b"s"


def _die_with_supervisor() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _drain(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 64)
    except BlockingIOError:
        return b""


def _wait(broker: subprocess.Popen[bytes], parent: int, wakeup: int) -> bool:
    """Return when the broker shall end or has ended: whether its program is gone."""
    while broker.poll() is None:
        # The end of standard input says it at once, unless the program had forked and its child holds the other end.
        if os.getppid() != parent:
            return True
        ready, _, _ = select.select([sys.stdin.fileno(), wakeup], [], [], _PARENT_CHECK_S)
        if wakeup in ready and signal.SIGTERM in _drain(wakeup):
            return False
        if sys.stdin.fileno() in ready:
            return os.read(sys.stdin.fileno(), 1) != STOP
    return os.getppid() != parent


def _stop(broker: subprocess.Popen[bytes], grace_s: float) -> None:
    if broker.poll() is None:
        broker.terminate()
        try:
            broker.wait(grace_s)
        except subprocess.TimeoutExpired:
            broker.kill()
            broker.wait()


def main() -> int:
    """Run the broker until it ends or shall end."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--parent", type=int, required=True)
    arguments.add_argument("--grace", type=float, required=True)
    arguments.add_argument("--delete")
    arguments.add_argument("command", nargs="+")
    options = arguments.parse_args()

    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda *_: None)

    broker = subprocess.Popen(  # noqa: S603  # the command is this package's own
        options.command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        # One thread, so running Python between fork and exec is safe here.
        preexec_fn=_die_with_supervisor if sys.platform == "linux" else None,  # noqa: PLW1509
    )
    with contextlib.suppress(BrokenPipeError):
        os.write(sys.stdout.fileno(), f"{broker.pid}\n".encode())
    orphaned = _wait(broker, options.parent, reader)
    _stop(broker, options.grace)
    if orphaned and options.delete:
        shutil.rmtree(options.delete, ignore_errors=True)
    code = broker.returncode
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
