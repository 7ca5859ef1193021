"""Own measures as a user writes them, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from app.catalogue.labels import check_label, check_word
from app.config.source import Located, Problem, did_you_mean
from app.overlay.fields import (
    fields_by_name,
    kinds_of,
    why_no_condition,
    why_no_dimension,
    why_no_distribution,
    why_no_sum,
)
from app.overlay.located import unknown
from schemas.shape import Field
from schemas.types import EVENT_TYPES
from streams.core.measures import MEASURES
from streams.core.own import BUCKET, ELIGIBLE, Condition, Counted, OwnMeasure, label_of

KEYS: Final = ("about", "events", "where", "count", "dimensions")
COMPARISONS: Final = ("above", "at_least", "below", "at_most")
MOST_DIMENSIONS: Final = 3
"""Dimensions of one measure: its cells are as many as the product of their values."""

LONGEST: Final = 64
_COUNTS: Final = "events, customers, {sum: FIELD} or {distribution: FIELD}"

Scalar = str | bool | int | float


def read_measures(written: Mapping[str, Located], problems: list[Problem]) -> dict[str, OwnMeasure]:
    """Return the own measures by name; what is wrong with the others is among ``problems``."""
    found: dict[str, OwnMeasure] = {}
    taken = dict.fromkeys(MEASURES, "the built-in measures")
    for name, entry in written.items():
        measure = _Reading(name, entry, problems).measure()
        if measure is None:
            continue
        for part in measure.parts():
            if part.name in taken:
                where = entry.key_where or entry.where
                message = f"{part.name} is the name of one of {taken[part.name]} already; choose another name"
                problems.append(Problem(where, f"measures.{name}", message))
                break
        else:
            taken |= {part.name: f"those of the own measure {name}" for part in measure.parts()}
            found[name] = measure
    return found


class _Reading:
    """Reads one measure. Everything that is wrong with it is noted before it is given up."""

    def __init__(self, name: str, entry: Located, problems: list[Problem]) -> None:
        self._name = name
        self._key = f"measures.{name}"
        self._entry = entry
        self._problems = problems
        self._before = len(problems)
        self._types: list[str] = []

    def measure(self) -> OwnMeasure | None:
        """Return the measure, or None."""
        entries = self._entries()
        self._check_name()
        for name, found in entries.items():
            if name not in KEYS:
                self._problems.append(unknown(found, f"{self._key}.{name}", name, KEYS))
        events = self._events(entries.get("events"))
        if not events:
            return None
        self._types = events
        count, field = self._count(entries.get("count"))
        dimensions = self._dimensions(entries.get("dimensions"))
        where = self._where(entries.get("where"))
        about = self._about(entries.get("about"), count)
        if len(self._problems) > self._before:
            return None
        return OwnMeasure(
            name=self._name,
            counts=about,
            events=tuple(events),
            count=count,
            field=field,
            where=tuple(where),
            dimensions=tuple(dimensions),
        )

    # ---- keys ---------------------------------------------------------------------------------------------------

    def _entries(self) -> Mapping[str, Located]:
        content = self._entry.content
        if isinstance(content, dict):
            return content
        self._wrong(self._entry, "", f"found {self._entry.written}; allowed: {', '.join(KEYS)}, with values")
        return {}

    def _check_name(self) -> None:
        try:
            check_word(self._name, "a measure's name")
        except ValueError as error:
            self._wrong(self._entry, "", str(error))
        if len(self._name) > LONGEST:
            self._wrong(self._entry, "", f"the name is longer than {LONGEST} characters")

    def _about(self, found: Located | None, count: Counted) -> str:
        if found is None:
            return f"{count}: {', '.join(self._types)}"
        if not isinstance(found.content, str) or not found.content.strip():
            self._wrong(found, "about", f"found {found.written}; allowed: a text that says what is counted")
        return str(found.content)

    def _events(self, found: Located | None) -> list[str]:
        if found is None:
            if isinstance(self._entry.content, dict):
                self._wrong(self._entry, "events", "is missing; it says which types of event are counted")
            return []
        items = found.content if isinstance(found.content, tuple) else (found,)
        names: list[str] = []
        for index, item in enumerate(items):
            key = f"events[{index}]" if isinstance(found.content, tuple) else "events"
            if not isinstance(item.content, str) or item.content not in EVENT_TYPES:
                hint = did_you_mean(item.written, EVENT_TYPES) or f"; there are {', '.join(EVENT_TYPES)}"
                self._wrong(item, key, f"found {item.written}; no event has that type{hint}")
            elif item.content in names:
                self._wrong(item, key, f"{item.content} is there twice")
            else:
                names.append(item.content)
        if not items:
            self._wrong(found, "events", "the list is empty; give the types of event that are counted")
        return names if len(names) == len(items) else []

    def _count(self, found: Located | None) -> tuple[Counted, str]:
        if found is None:
            self._wrong(self._entry, "count", f"is missing; allowed: {_COUNTS}")
            return "events", ""
        content = found.content
        if content == "events":
            return "events", ""
        if content == "customers":
            return "customers", ""
        if isinstance(content, dict) and len(content) == 1:
            ((word, field),) = content.items()
            reasons: dict[str, tuple[Counted, Callable[[str, Field], str | None]]] = {
                "sum": ("sum", why_no_sum),
                "distribution": ("distribution", why_no_distribution),
            }
            if word in reasons:
                count, reason = reasons[word]
                return count, self._field(field, f"count.{word}", reason)
        self._wrong(found, "count", f"found {found.written}; allowed: {_COUNTS}")
        return "events", ""

    def _dimensions(self, found: Located | None) -> list[str]:
        if found is None:
            return []
        if not isinstance(found.content, tuple):
            self._wrong(found, "dimensions", f"found {found.written}; allowed: a list of fields")
            return []
        if len(found.content) > MOST_DIMENSIONS:
            self._wrong(
                found,
                "dimensions",
                f"there are {len(found.content)}; a measure has at most {MOST_DIMENSIONS}, for every combination of"
                " their values is counted apart; make several measures",
            )
        names: list[str] = []
        labels: list[str] = []
        for index, item in enumerate(found.content):
            key = f"dimensions[{index}]"
            name = self._field(item, key, why_no_dimension)
            if not name:
                continue
            label = label_of(name)
            try:
                check_label(label)
            except ValueError as error:
                self._wrong(item, key, str(error))
            if label in (ELIGIBLE, BUCKET):
                self._wrong(item, key, f"the label {label!r} is taken by the measure itself")
            elif label in labels:
                self._wrong(item, key, f"the label {label!r} is there twice")
            names.append(name)
            labels.append(label)
        return names

    def _field(self, found: Located, key: str, reason: Callable[[str, Field], str | None]) -> str:
        """Return the name of a field that every type of event has and that is good for what is wanted, or nothing."""
        for event_type in self._types:
            fields = fields_by_name(event_type)
            if not isinstance(found.content, str) or found.content not in fields:
                hint = _hint(found, fields)
                self._wrong(found, key, f"found {found.written}; {event_type} has no such field{hint}")
                return ""
            why = reason(found.content, fields[found.content])
            if why is not None:
                good = [name for name, field in fields.items() if reason(name, field) is None]
                able = (
                    f"of {event_type} there are {', '.join(good)}"
                    if good
                    else f"{event_type} has none that would do"
                )
                self._wrong(found, key, f"found {found.written}; {why}; {able}")
                return ""
        return str(found.content)

    # ---- conditions -----------------------------------------------------------------------------------------------

    def _where(self, found: Located | None) -> Iterable[Condition]:
        if found is None or found.content is None:
            return []
        if not isinstance(found.content, dict):
            self._wrong(
                found, "where", f"found {found.written}; allowed: fields, each with what it has to be"
            )
            return []
        conditions = []
        for name, wanted in found.content.items():
            named = Located(name, repr(name), wanted.key_where or wanted.where)
            if self._field(named, f"where.{name}", why_no_condition):
                conditions.append(self._condition(name, wanted))
        return conditions

    def _condition(self, name: str, wanted: Located) -> Condition:
        key = f"where.{name}"
        if isinstance(wanted.content, tuple):
            if not wanted.content:
                self._wrong(wanted, key, "the list is empty; give the values that count")
            values = [self._literal(name, one, f"{key}[{i}]") for i, one in enumerate(wanted.content)]
            return Condition(field=name, one_of=tuple(values))
        if not isinstance(wanted.content, dict):
            return Condition(field=name, one_of=(self._literal(name, wanted, key),))
        if not wanted.content:
            self._wrong(
                wanted, key, f"nothing is asked for; give a value, a list, present, {', '.join(COMPARISONS)}"
            )
        limits: dict[str, float] = {}
        present: bool | None = None
        for word, value in wanted.content.items():
            if word == "present":
                if not isinstance(value.content, bool):
                    self._wrong(value, f"{key}.present", f"found {value.written}; allowed: true or false")
                present = bool(value.content)
            elif word in COMPARISONS:
                limits[word] = self._limit(name, value, f"{key}.{word}")
            else:
                self._problems.append(
                    unknown(value, f"{self._key}.{key}.{word}", word, (*COMPARISONS, "present"))
                )
        if present is False and limits:
            self._wrong(wanted, key, "what is left out cannot be compared; leave present or the bounds out")
        return Condition(
            field=name,
            present=present,
            above=limits.get("above"),
            at_least=limits.get("at_least"),
            below=limits.get("below"),
            at_most=limits.get("at_most"),
        )

    def _limit(self, name: str, value: Located, key: str) -> float:
        kinds = {kind for one in self._types for kind in kinds_of(fields_by_name(one)[name])}
        if not kinds & {"integer", "number"} or ("string" in kinds and name != "data.score"):
            self._wrong(
                value, key, f"{name} is no number, so it cannot be compared; give the values that count"
            )
        if isinstance(value.content, bool) or not isinstance(value.content, int | float):
            self._wrong(value, key, f"found {value.written}; allowed: a number")
            return 0.0
        return value.content

    def _literal(self, name: str, found: Located, key: str) -> Scalar:
        """Return a value that the field can have in every type of event."""
        content = found.content
        for event_type in self._types:
            accepts = fields_by_name(event_type)[name].accepts
            if name == "data.score" and isinstance(content, str):
                self._wrong(found, key, f"found {found.written}; a score is compared as a number")
            elif isinstance(content, bool):
                if "boolean" not in accepts:
                    self._wrong(found, key, f"found {found.written}; {name} is never true or false")
            elif isinstance(content, int | float):
                if not {"integer", "number"} & accepts.keys():
                    self._wrong(
                        found, key, f"found {found.written}; {name} is no number; in quotes it is a text"
                    )
            elif not isinstance(content, str):
                self._wrong(found, key, f"found {found.written}; allowed: a text, a number, true or false")
            elif "string" not in accepts:
                self._wrong(found, key, f"found {found.written}; {name} is never a text")
            elif (words := accepts["string"].get("enum")) and content not in words:
                hint = did_you_mean(found.written, words)
                self._wrong(found, key, f"found {found.written}; allowed: {', '.join(words)}{hint}")
            else:
                continue
            break
        if isinstance(content, str) and name == "data.currency":
            return content.upper()
        return content if isinstance(content, bool | int | float | str) else ""

    def _wrong(self, found: Located, key: str, message: str) -> None:
        path = f"{self._key}.{key}" if key else self._key
        self._problems.append(Problem(found.key_where or found.where, path, message))


def _hint(found: Located, fields: Mapping[str, Field]) -> str:
    in_data = f"data.{found.content}"
    if in_data in fields:
        return f"; did you mean {in_data}?"
    return did_you_mean(found.written, fields) or f"; there are {', '.join(fields)}"
