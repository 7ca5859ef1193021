"""From when on each measure is counted, through changes of the definitions."""

from __future__ import annotations

from msgspec.structs import replace

from streams.core.coverage import Coverage
from streams.core.definitions import Definitions
from streams.core.own import OwnMeasure
from streams.core.records import Meta, decode_meta, encode_meta

PLAIN = Definitions()
OWN = OwnMeasure(name="seeking", counts="", events=("help.searched",), count="events")
OTHER = OwnMeasure(name="seeking", counts="", events=("help.solved",), count="events")


def stored(own: OwnMeasure) -> str:
    return next(own.parts()).measure.name


def written(coverage: Coverage, newest: int) -> Meta:
    meta = Meta(
        number=0,
        offsets={},
        newest={"support.events": newest},
        clock="wall",
        written=0,
        fingerprint="",
        timezone="UTC",
        **coverage.meta_fields(),  # type: ignore[arg-type]
    )
    return decode_meta(encode_meta(meta))


def after(definitions: Definitions, meta: Meta) -> Coverage:
    """As of whoever takes over from a META."""
    coverage = Coverage(definitions)
    coverage.load(meta, max(meta.newest.values()))
    return coverage


def test_what_is_there_from_the_first_event_on_reaches_to_the_beginning() -> None:
    coverage = Coverage(replace(PLAIN, own=(OWN,)))

    assert (coverage.began, coverage.changed) == ({stored(OWN): 0}, None)
    assert after(replace(PLAIN, own=(OWN,)), written(coverage, 500)).began == {stored(OWN): 0}


def test_a_measure_that_is_added_begins_behind_the_newest_event() -> None:
    added = after(replace(PLAIN, own=(OWN,)), written(Coverage(PLAIN), 500))
    later = after(replace(PLAIN, own=(OWN,)), written(added, 900))

    assert added.began == later.began == {stored(OWN): 501}
    assert later.changed is None


def test_a_changed_and_a_returning_measure_begin_anew() -> None:
    first = Coverage(replace(PLAIN, own=(OWN,)))
    changed = after(replace(PLAIN, own=(OTHER,)), written(first, 500))
    back = after(replace(PLAIN, own=(OWN,)), written(changed, 700))

    assert changed.began == {stored(OTHER): 501}
    assert back.began == {stored(OWN): 701}


def test_a_text_about_a_measure_changes_nothing() -> None:
    assert stored(replace(OWN, counts="something else")) == stored(OWN)


def test_other_definitions_hold_from_then_on() -> None:
    first = Coverage(PLAIN)
    zone = replace(PLAIN, timezone="Asia/Kathmandu")
    changed = after(zone, written(first, 500))

    assert changed.changed == 501
    assert after(zone, written(changed, 900)).changed == 501
    assert after(PLAIN, written(changed, 900)).changed == 901


def test_horizons_weights_and_own_measures_are_no_other_definitions() -> None:
    same = replace(
        PLAIN, lateness_ms=1, dedup_horizon_ms=1, health_recency=1, inactive_ms=1, own=(OWN,), unread=("nps",)
    )

    assert same.basis() == PLAIN.basis()
    assert replace(PLAIN, assumption_ms=1).basis() != PLAIN.basis()
    assert replace(PLAIN, own=(OWN,)).fingerprint() != PLAIN.fingerprint()
    assert replace(PLAIN, unread=("nps",)).fingerprint() != PLAIN.fingerprint()


def test_a_meta_of_an_earlier_version_says_nothing_about_definitions() -> None:
    meta = written(Coverage(PLAIN), 500)
    meta.basis, meta.began = "", {}

    assert after(replace(PLAIN, timezone="Asia/Kathmandu"), meta).changed is None


def test_a_built_in_measure_that_is_read_again_begins_behind_the_newest_event() -> None:
    off = after(replace(PLAIN, unread=("visits",)), written(Coverage(PLAIN), 500))
    on = after(PLAIN, written(off, 700))

    assert off.began == {}
    assert on.began == {"visits": 701}
    assert after(PLAIN, written(on, 900)).began == {"visits": 701}
    assert after(replace(PLAIN, unread=("visits",)), written(on, 900)).began == {}
