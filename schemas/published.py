"""What was promised to producers, and which changes would break the promise.

``published.json`` is a snapshot of the contract as it was last generated. An event that was valid under it has to stay
valid and keep its meaning: fields may be added, limits loosened, but nothing may be taken away or made stricter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from schemas.shape import Field, envelope, fields_of
from schemas.types import EVENT_TYPES

Contract = Mapping[str, Any]
"""The snapshot as JSON: ``envelope`` and ``types``; the fields of a type are its own, those that differ included."""

_RISING = ("minimum", "minLength", "minItems")  # a higher value accepts less
_FALLING = ("maximum", "maxLength", "maxItems")  # a lower value accepts less


def current() -> dict[str, Any]:
    """Return the snapshot of the contract as the structs define it now."""
    common = dict(_flatten(envelope()))
    types = {}
    for name, event_type in EVENT_TYPES.items():
        own = {path: rule for path, rule in _flatten(fields_of(event_type)) if common.get(path) != rule}
        types[name] = {
            "topic": event_type.topic,
            "makes_known": event_type.makes_known,
            "needs_customer": event_type.needs_customer,
            "fields": own,
        }
    return {"envelope": common, "types": types}


def breaking_changes(old: Contract, new: Contract) -> list[str]:
    """Return a sentence for each change from old to new that breaks a producer; empty if the change is safe."""
    found = []
    for name, before in old["types"].items():
        after = new["types"].get(name)
        if after is None:
            found.append(f"{name}: the type was removed")
            continue
        if before["topic"] != after["topic"]:
            found.append(f"{name}: moved from topic {before['topic']} to {after['topic']}")
        if after["needs_customer"] and not before["needs_customer"]:
            found.append(f"{name}: a customer is now required")
        if before["makes_known"] != after["makes_known"]:
            found.append(f"{name}: makes_known changed, and with it who counts as a customer")
        rules = _changed_fields(old["envelope"] | before["fields"], new["envelope"] | after["fields"])
        found.extend(f"{name}: {change}" for change in rules)
    return found


def _flatten(fields: tuple[Field, ...], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for field in fields:
        path = prefix + field.name
        rule: dict[str, Any] = {
            "required": field.required,
            "accepts": {kind: dict(limits) for kind, limits in field.accepts.items()},
        }
        if field.default is not None:
            rule["default"] = field.default
        yield path, rule
        yield from _flatten(field.fields, f"{path}.")


def _changed_fields(old: Contract, new: Contract) -> Iterator[str]:
    for path, before in old.items():
        after = new.get(path)
        if after is None:
            yield f"`{path}` was removed"
            continue
        if after["required"] and not before["required"]:
            yield f"`{path}` is now required"
        elif not before["required"] and before.get("default") != after.get("default"):
            yield f"the default of `{path}` changed from {before.get('default')} to {after.get('default')}"
        for change in _narrowed(before["accepts"], after["accepts"]):
            yield f"`{path}` {change}"
    for path, after in new.items():
        if path not in old and after["required"]:
            yield f"`{path}` is new and required"


def _narrowed(old: Contract, new: Contract) -> Iterator[str]:
    for kind, before in old.items():
        after = new.get(kind)
        if after is None and kind == "integer":
            after = new.get("number")
        if after is None:
            yield f"no longer accepts {kind}"
            continue
        for keyword in (*_RISING, *_FALLING):
            sign = 1 if keyword in _RISING else -1
            was, now = before.get(keyword), after.get(keyword)
            if now is not None and (was is None or sign * now > sign * was):
                yield f"has a stricter {keyword}: {now}, was {was}"
        if after.get("pattern") not in (None, before.get("pattern")):
            yield "has a new pattern"
        yield from _lost_values(before.get("enum"), after.get("enum"))
        if "items" in after:
            yield from (
                f"items: {change}" for change in _narrowed(_kinds(before["items"]), _kinds(after["items"]))
            )


def _lost_values(old: list[str] | None, new: list[str] | None) -> Iterator[str]:
    if new is None:
        return
    if old is None:
        yield f"is now limited to {', '.join(new)}"
        return
    lost = [value for value in old if value not in new]
    if lost:
        yield f"no longer accepts {', '.join(lost)}"


def _kinds(items: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of an array's items by kind, as `Field.accepts` has it."""
    limits = {key: value for key, value in items.items() if key != "type"}
    kinds = items["type"] if isinstance(items["type"], list) else [items["type"]]
    return dict.fromkeys(kinds, limits)
