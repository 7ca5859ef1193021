"""Uses of features."""

from __future__ import annotations

import msgspec


class FeatureFacts(msgspec.Struct, array_like=True, gc=False):
    """First and last minute of use, by feature. As many as a partition takes values of the dimension."""

    used: dict[str, tuple[int, int]] = {}
