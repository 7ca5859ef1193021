"""Values of many moments in the OpenMetrics format, each with its timestamp."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import IO

from app.catalogue.model import Kpi
from app.catalogue.naming import family_names
from app.evaluation.samples import Labels, Sample

Points = list[tuple[int, float]]


def write_openmetrics(
    evaluated: Iterable[tuple[int, list[Sample]]],
    catalogue: Mapping[str, Kpi],
    out: IO[str],
    labels: Mapping[str, str] | None = None,
) -> int:
    """Write the samples of each evaluation time (ms), with ``labels`` before their own; return how many there are.

    The points of one series stand together, in order of time, as the format wants them; so all are kept until the end.
    """
    more = tuple((labels or {}).items())
    families: dict[str, dict[Labels, Points]] = {}
    n = 0
    for at, samples in evaluated:
        for sample in samples:
            families.setdefault(sample.metric, {}).setdefault(sample.labels, []).append((at, sample.value))
            n += 1
    help_of = {family.name: family.help for kpi in catalogue.values() for family in family_names(kpi)}
    for metric, series in families.items():
        out.write(f"# HELP {metric} {_escape(help_of.get(metric, metric))}\n# TYPE {metric} gauge\n")
        for own, points in sorted(series.items()):
            written = ",".join(f'{name}="{_escape(value)}"' for name, value in (*more, *own))
            for at, value in sorted(points):
                out.write(f"{metric}{{{written}}} {_number(value)} {at / 1000:.3f}\n")
    out.write("# EOF\n")
    return n


def _number(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
