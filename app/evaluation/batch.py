"""KPIs straight from events, at one evaluation time or at many, without Kafka."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.catalogue.model import Kpi
from app.evaluation.evaluate import Evaluator
from app.evaluation.samples import Sample
from app.evaluation.shown import TOP
from streams.core.batch import Batch, Sums, Timed, in_order
from streams.core.definitions import Definitions


def evaluate_events(
    events: Iterable[Timed],
    times: Iterable[int],
    catalogue: Mapping[str, Kpi],
    *,
    definitions: Definitions,
    windows: Sequence[str] | None = None,
    top: int = TOP,
    ready: bool = False,
) -> Iterator[tuple[int, list[Sample]]]:
    """Yield each evaluation time (ms, in order) with its samples: those of all events before it.

    The events may be in any order, and are held in memory; unless they are ``ready``: in that of
    ``streams.core.batch.in_order`` and without repetitions. Then they are read once, one by one, however many times there are.
    ``windows`` are those wanted; without it each KPI has the ones it is exported with. ``top`` is how many values of a
    dimension are shown by name.
    """
    batch = Batch(definitions, distinct=ready)
    evaluator = Evaluator(catalogue, definitions=definitions, top=top)
    pending = iter(events if ready else in_order(events, by_account=definitions.by_account))
    event = next(pending, None)
    for at in times:
        while event is not None and event.time < at:
            batch.fold(event)
            event = next(pending, None)
        yield at, evaluator.evaluate(Sums(batch.contributions(at), at, batch.rules), windows=windows)
