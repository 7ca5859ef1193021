"""Help inside the product."""

from __future__ import annotations

import msgspec


class InAppHelpFacts(msgspec.Struct, array_like=True, gc=False):
    """The last minute of help inside the product, by platform. As many as a partition takes values of the dimension."""

    last: dict[str, int] = {}
