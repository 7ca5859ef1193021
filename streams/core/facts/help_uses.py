"""Searches, views and ratings of the help."""

from __future__ import annotations

import msgspec

Search = tuple[int, int, str]
"""Time (ms), number of results, platform."""


View = tuple[int, str]
"""Time (ms) and article."""


Rating = tuple[int, bool]
"""Time (ms), and whether the article was helpful."""


class HelpUseFacts(msgspec.Struct, array_like=True, gc=False):
    """Searches, views and ratings of a customer; times are ms."""

    searches: dict[str, Search] = {}
    """The earliest event of each search, by `search_id`."""
    clicks: dict[str, int] = {}
    """The earliest click on a result of each search."""
    views: list[View] = []
    """Every view, each once, sorted."""
    ratings: dict[str, Rating] = {}
    """The latest rating by article."""
