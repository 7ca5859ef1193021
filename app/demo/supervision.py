"""What happens when a process of the demonstration ends by itself."""

from __future__ import annotations

from collections import deque
from typing import Final

from app.demo.children import Child, describe_end
from app.errors import UserError

START_AGAIN: Final = frozenset({3, 70})
"""Exit codes with which a worker asks for nothing but another start."""

_RESTARTS: Final = 5
_WITHIN_S: Final = 60.0


class ChildEndedError(UserError):
    """A process ended and starting it again would not help."""

    exit_code = 1


class Supervisor:
    """Starts a child again that was killed, or that asked for it, and says so; any other end is an error.

    So a worker may be killed at any moment to see that the figures go on exactly.
    """

    def __init__(self, child: Child) -> None:
        self.child = child
        self.restarts = 0
        self._recent: deque[float] = deque(maxlen=_RESTARTS)

    def check(self, now_s: float) -> str | None:
        """Return what was done about an end, if there was one; ``now_s`` is any clock that only goes forward.

        Raises ``ChildEndedError``.
        """
        code = self.child.ended()
        if code is None:
            return None
        how = f"The {self.child.name} ended ({describe_end(code)})"
        tail = f"The end of its log, {self.child.log}:\n{self.child.tail()}"
        if code >= 0 and code not in START_AGAIN:
            raise ChildEndedError(f"{how}, and so does the demonstration.\n{tail}")
        if len(self._recent) == _RESTARTS and now_s - self._recent[0] < _WITHIN_S:
            raise ChildEndedError(f"{how} for the {_RESTARTS + 1}th time within a minute.\n{tail}")
        self._recent.append(now_s)
        self.restarts += 1
        self.child.start()
        return (
            f"{how}. Started again as process {self.child.pid}: it goes on where the last checkpoint stands."
        )
