"""What is wrong with a KPI, and where."""

from __future__ import annotations

from app.errors import UserError


class CatalogueError(UserError):
    """A KPI, or the catalogue as a whole, is not valid. ``key`` is dotted, as in the file; empty for the whole."""

    def __init__(self, kpi: str, key: str, problem: str, source: str = "") -> None:
        self.kpi = kpi
        self.key = key
        self.problem = problem
        self.source = source
        where = f" ({source})" if source else ""
        named = f"{key}: " if key else ""
        super().__init__(f"KPI {kpi}{where}: {named}{problem}")
