"""The twelve attributes of a KPI: what people have to know to use it."""

from __future__ import annotations

from collections.abc import Iterator

from app.catalogue.reads import Frozen


class Attributes(Frozen, frozen=True):
    """The twelve, in the order in which they are read. Single texts are prose; tuples are lists of points."""

    definition: str
    """What the figure says, exactly."""
    business_insights: str
    """What its tracking is expected to teach."""
    measurement_approach: str
    """How it is measured here: events, moments, exclusions."""
    formula: str
    trend_analysis: str
    """How it tends to move, and what a shift means."""
    diagnostic_questions: tuple[str, ...]
    tips: tuple[str, ...]
    """What can be done to improve it."""
    visualization: tuple[str, ...]
    risk_warnings: tuple[str, ...]
    """How it misleads, and signs that call for attention."""
    tools: tuple[str, ...]
    integration_points: tuple[str, ...]
    """Where it meets other systems and processes."""
    change_impact: str
    """What else moves when it moves."""

    def __post_init__(self) -> None:
        for name, points in self.by_name():
            if not points or not all(point.strip() for point in points):
                raise ValueError(f"{name} is empty")

    def by_name(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield each attribute's name and its points; a single text is one point."""
        for name in self.__struct_fields__:
            text = getattr(self, name)
            yield name, (text,) if isinstance(text, str) else text
