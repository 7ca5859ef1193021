"""The KPIs as Prometheus sees them: gauges built at scrape time from one snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

from prometheus_client import Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample as PrometheusSample
from prometheus_client.utils import floatToGoString

from app.catalogue.model import Kpi
from app.catalogue.naming import INFO, TARGET, Family, family_names
from app.evaluation.samples import Labels, Sample
from app.exporter.figures import Figures

_ESCAPES: Final = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


class GaugeFamily(Metric):
    """A family of gauges that is written down at once.

    Writing tens of thousands of gauges one by one through the client library takes longer than evaluating them.
    `samples` has them in the library's form for everybody else.
    """

    def __init__(self, name: str, documentation: str, values: Sequence[Sample]) -> None:
        super().__init__(name, documentation, "gauge")
        del self.samples
        self._values = values

    @cached_property
    def samples(self) -> list[PrometheusSample]:  # type: ignore[override]  # made when somebody asks
        """The samples in the client library's form."""
        return [PrometheusSample(metric, dict(labels), value) for metric, labels, value in self._values]

    def lines(self, series: dict[Labels, str]) -> Iterator[str]:
        """Yield the lines of all samples; ``series`` remembers how each series is written."""
        for metric, labels, value in self._values:
            written = series.get(labels)
            if written is None:
                written = series[labels] = _series(metric, labels)
            yield f"{written} {floatToGoString(value)}\n"  # type: ignore[no-untyped-call]


class KpiCollector(Collector):
    """The families of all KPIs of a catalogue."""

    def __init__(self, catalogue: Mapping[str, Kpi], figures: Callable[[], Figures | None]) -> None:
        kpis = [kpi for kpi in catalogue.values() if kpi.enabled]
        self._figures = figures
        self._families = [family for kpi in kpis for family in family_names(kpi)]
        self._series: dict[str, dict[Labels, str]] = {}
        self._constant = [
            (
                TARGET,
                [
                    _sample(TARGET, target.value, kpi=kpi.id, band=target.band, unit=kpi.unit)
                    for kpi in kpis
                    for target in kpi.targets
                ],
            ),
            (
                INFO,
                [_sample(INFO, 1.0, kpi=kpi.id, title=kpi.title, version=str(kpi.version)) for kpi in kpis],
            ),
        ]

    def describe(self) -> Iterator[Metric]:
        """Yield all families without samples: what a registry has to know about names."""
        for family in (*self._families, TARGET, INFO):
            yield GaugeFamily(family.name, family.help, ())

    def collect(self) -> Iterator[GaugeFamily]:
        """Yield the families that have samples; those of the KPIs only while the figures are current."""
        figures = self._figures()
        if figures is not None:
            for family in self._families:
                samples = figures.families.get(family.name)
                if samples:
                    yield GaugeFamily(family.name, family.help, samples)
        for family, constant in self._constant:
            yield GaugeFamily(family.name, family.help, constant)

    def text(self, *, openmetrics: bool) -> bytes:
        """Return the families as the text or the OpenMetrics format, without the latter's end mark.

        Gauges look the same in both but for quotation marks in HELP.
        """
        parts: list[str] = []
        for family in self.collect():
            documentation = family.documentation.replace("\\", r"\\").replace("\n", r"\n")
            if openmetrics:
                documentation = documentation.replace('"', r"\"")
            parts.append(f"# HELP {family.name} {documentation}\n# TYPE {family.name} gauge\n")
            parts.extend(family.lines(self._series.setdefault(family.name, {})))
        return "".join(parts).encode()


def _series(metric: str, labels: Labels) -> str:
    if not labels:
        return metric
    written = ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in sorted(labels))
    return f"{metric}{{{written}}}"


def _sample(family: Family, value: float, **labels: str) -> Sample:
    return Sample(family.name, tuple((name, labels[name]) for name in family.labels), value)
