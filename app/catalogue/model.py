"""A KPI as data. Everything that is generated or evaluated for it follows from this."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from msgspec.structs import replace

from app.catalogue.alerts import BURN_RATE_WINDOWS, AlertSettings
from app.catalogue.attributes import Attributes
from app.catalogue.dimensions import Dimension
from app.catalogue.labels import check_label, check_word
from app.catalogue.reads import Computed, Distribution, Frozen, Level, Ratio, Read, Score, Value, is_windowed
from app.catalogue.targets import Band, Benchmark, Better, Case, Target, band_targets, check_bands
from streams.core.definitions import Definitions
from streams.core.time import ALL, DAY, DAY_MS, WINDOWS

Kind = Literal["ratio", "quotient", "count", "level", "score", "amount", "seconds", "distribution"]
"""A ratio's numerator is part of its denominator; a quotient's two counts are unrelated; seconds are a distribution too."""

FORMS: Final[Mapping[str, type[Value]]] = {
    "ratio": Ratio,
    "quotient": Ratio,
    "count": Level,
    "level": Level,
    "score": Score,
    "amount": Level,
    "seconds": Distribution,
    "distribution": Distribution,
}
"""How each kind gets its value; every kind may also be computed."""


class Extra(Frozen, frozen=True):
    """A further family `kpi_x_<suffix>` beside the KPI's own: one number, with its own dimensions."""

    suffix: str
    value: Ratio | Level
    dimensions: tuple[Dimension, ...] = ()

    def __post_init__(self) -> None:
        check_word(self.suffix, "suffix")

    @property
    def windowed(self) -> bool:
        """Whether it has a value for each window."""
        return is_windowed(self.value)


class Option(Frozen, frozen=True):
    """Another way to count a KPI, chosen in the definitions: where the definition ``definition`` is ``choice``.

    ``value`` then stands in the place of the KPI's, ``help`` in that of its lines of the same roles.
    """

    definition: str
    choice: str
    value: Value
    help: Mapping[str, str]


class Kpi(Frozen, frozen=True):
    """One KPI.

    ``metric`` stands for the id in metric names where the id would make a bad one. ``windows`` are those of
    `streams.core.time.WINDOWS` and `day`, shortest first; none where every reading is a level or fixes its window.
    ``options`` are other ways to count it, with the same windows and dimensions.
    Bands are listed best first and hold for the windows that the alerts name. ``help`` has one line of HELP for each
    role of a metric family (`app.catalogue.naming`). Construction raises `ValueError` naming the key at fault.
    """

    id: str
    title: str
    version: int
    kind: Kind
    family: str
    unit: str
    better: Better
    review: str
    value: Value
    help: Mapping[str, str]
    attributes: Attributes
    windows: tuple[str, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    extras: tuple[Extra, ...] = ()
    options: tuple[Option, ...] = ()
    bands: tuple[Band, ...] = ()
    objective: float | None = None
    benchmarks: tuple[Benchmark, ...] = ()
    cases: tuple[Case, ...] = ()
    alerts: AlertSettings = AlertSettings()
    enabled: bool = True
    metric: str | None = None

    def __post_init__(self) -> None:
        for key, check in (
            ("id", self._check_id),
            ("version", self._check_version),
            ("value", self._check_value),
            ("windows", self._check_windows),
            ("dimensions", self._check_labels),
            ("help", self._check_help),
            ("options", self._check_options),
            ("bands", self._check_bands),
            ("objective", self._check_objective),
            ("alerts", self._check_alerts),
        ):
            try:
                check()
            except ValueError as error:
                raise ValueError(f"{key}: {error}") from None

    def under(self, definitions: Definitions) -> Kpi:
        """Return the KPI as the definitions want it counted."""
        for option in self.options:
            if getattr(definitions, option.definition) == option.choice:
                return self.counted_by(option)
        return self

    def counted_by(self, option: Option) -> Kpi:
        """Return the KPI counted by one of its options."""
        return replace(self, value=option.value, help={**self.help, **option.help})

    def forms(self) -> Iterator[Kpi]:
        """Yield the KPI as it is, and as each of its options counts it."""
        yield self
        for option in self.options:
            yield self.counted_by(option)

    @property
    def stem(self) -> str:
        """The part of metric names between `kpi_` and the suffix of the kind."""
        return self.id if self.metric is None else self.metric

    @property
    def windowed(self) -> bool:
        """Whether the KPI has a value for each of its windows rather than one."""
        return is_windowed(self.value)

    @property
    def evaluated_windows(self) -> tuple[str, ...]:
        """The windows of `evaluate`: those that are exported, and `all`."""
        return (*self.windows, ALL) if self.windows else ()

    @property
    def targets(self) -> tuple[Target, ...]:
        """What `kpi_target` exports."""
        return band_targets(self.bands, self.better, self.objective)

    @property
    def split_label(self) -> str | None:
        """The label that shows parts of the numerator, if there is one."""
        match self.value:
            case Ratio(split=split):
                return None if split is None else split.label
            case Computed(split=label):
                return label
        return None

    @property
    def split_whole(self) -> str | None:
        """The value of the label `split_label` that stands for the KPI."""
        match self.value:
            case Ratio(split=split):
                return None if split is None else split.whole
            case Computed(split=label, whole=whole):
                return None if label is None else whole
        return None

    def band_of(self, value: float) -> Band | None:
        """Return the band that ``value`` lies in, or `None` where the KPI has no bands."""
        return next((band for band in self.bands if value in band), None)

    def readings(self) -> Iterator[tuple[str, Read]]:
        """Yield every reading with the key that it stands under."""
        for key, read in self.value.readings():
            yield f"value.{key}", read
        for index, extra in enumerate(self.extras):
            for key, read in extra.value.readings():
                yield f"extras[{index}].value.{key}", read

    def _check_id(self) -> None:
        check_word(self.id, "id")
        if self.metric is not None:
            check_word(self.metric, "metric")

    def _check_version(self) -> None:
        if self.version < 1:
            raise ValueError(f"versions count from 1, not {self.version}")

    def _check_value(self) -> None:
        form = FORMS[self.kind]
        if type(self.value) not in (form, Computed):
            expected, found = form.__struct_config__.tag, self.value.__struct_config__.tag
            raise ValueError(f"a KPI of kind {self.kind} has form {expected} or computed, not {found}")
        if self.kind == "ratio" and isinstance(self.value, Ratio):
            for name, read in self.value.numerators:
                _check_subset(read, self.value.denominator, name)

    def _check_windows(self) -> None:
        order = (*WINDOWS, DAY)
        for window in self.windows:
            if window not in order:
                raise ValueError(f"{window!r} is none of {', '.join(order)}")
        if list(self.windows) != sorted(set(self.windows), key=order.index):
            raise ValueError("give each window once, the shortest first")
        if self.windowed != bool(self.windows):
            raise ValueError("the value needs windows" if self.windowed else "the value depends on no window")
        short = [window for window in self.windows if WINDOWS.get(window, DAY_MS) < DAY_MS]
        if short and any(read.days for _, read in self.readings()):
            raise ValueError(f"a reading over days needs windows of whole days, not {', '.join(short)}")
        has_day = isinstance(self.value, Level) and self.value.day is not None
        if has_day != (DAY in self.windows) and not isinstance(self.value, Computed):
            raise ValueError(f"window {DAY!r} and the reading value.day come together")

    def _check_labels(self) -> None:
        own = [self.split_label, self.value.label if isinstance(self.value, Score) else None]
        labels = [label for label in own if label is not None]
        for label in labels:
            check_label(label)
        labels += [dimension.name for dimension in self.dimensions]
        for names in (labels, *([dimension.name for dimension in extra.dimensions] for extra in self.extras)):
            if len(set(names)) < len(names):
                raise ValueError(f"a label is there twice: {', '.join(names)}")

    def _check_help(self) -> None:
        for role, text in self.help.items():
            if not text.strip() or "\n" in text:
                raise ValueError(f"{role} is one line of text")

    def _check_options(self) -> None:
        for option in self.options:
            if unknown := option.help.keys() - self.help.keys():
                raise ValueError(f"help.{min(unknown)}: the KPI has no such line")
            counted = replace(self, value=option.value, options=())
            if counted.split_label != self.split_label:
                raise ValueError("value: an option has the labels that the KPI has")

    def _check_bands(self) -> None:
        check_bands(self.bands, self.better)

    def _check_objective(self) -> None:
        if self.objective is not None and self.kind == "ratio" and not 0 < self.objective < 1:
            raise ValueError(f"the objective of a ratio lies between 0 and 1, not at {self.objective}")

    def _check_alerts(self) -> None:
        alerts = self.alerts
        known = [target.band for target in self.targets]
        if alerts.band is not None and alerts.band.worse_than not in known:
            raise ValueError(f"band.worse_than: {alerts.band.worse_than!r} is no target of this KPI")
        if alerts.burst is not None and (
            self.kind not in ("ratio", "quotient") or self.split_label is not None
        ):
            raise ValueError(
                "burst: what is watched is the denominator of a ratio or quotient without a split"
            )
        for key, watched in (("band", alerts.band), ("drop", alerts.drop), ("burst", alerts.burst)):
            if watched is not None and (
                watched.window not in self.windows if self.windows else watched.window is not None
            ):
                raise ValueError(f"{key}.window: the KPI has no window {watched.window!r}")
        watches = alerts.anomaly or (alerts.band, alerts.drop) != (None, None)
        if (alerts.stat is not None) != (FORMS[self.kind] is Distribution and watches):
            raise ValueError("stat: alerts on distributions name the statistic they watch, others have none")
        if alerts.burn_rate:
            if self.kind != "ratio" or self.objective is None:
                raise ValueError("burn_rate: an error budget needs a ratio with an objective")
            if missing := [window for window in BURN_RATE_WINDOWS if window not in self.windows]:
                raise ValueError(f"burn_rate: the KPI has no window {', '.join(missing)}")


def _check_subset(part: Read, whole: Read, name: str | None) -> None:
    """Raise `ValueError` where the filters alone show that the numerator counts what the denominator does not."""
    if part.plus or whole.plus or part.measure != whole.measure or part.at != whole.at:
        return
    if part.window and whole.window and WINDOWS[part.window] > WINDOWS[whole.window]:
        raise ValueError(
            f"the numerator's window {part.window} is longer than the denominator's {whole.window}"
        )
    for field, values in whole.where.items():
        outside = set(part.where.get(field, ("any other value",))) - set(values)
        if outside:
            which = "the numerator" if name is None else f"the numerator ({name})"
            raise ValueError(
                f"{which} counts {field} = {', '.join(sorted(outside))}, which the denominator does not"
            )
