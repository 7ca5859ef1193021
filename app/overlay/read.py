"""The overlay file: read, checked as a whole, and laid over the catalogue."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.catalogue.errors import CatalogueError
from app.catalogue.load import Catalogue, check_catalogue, load_catalogue
from app.catalogue.model import Kpi
from app.catalogue.references import check_references, measures_of_any_form
from app.config.document import read_document
from app.config.source import Located, Problem, SettingsError
from app.overlay.changes import read_change, switched_off
from app.overlay.kpis import FAMILY, FAMILY_TITLE, copied, problem_of, read_kpi
from app.overlay.located import mapping, unknown
from app.overlay.measures import read_measures
from app.overlay.subsets import bound, check_subset
from streams.core.own import OwnMeasure, named_measures
from streams.core.sparing import spared

SECTIONS: Final = ("families", "measures", "kpis", "changes")

_FAMILY = re.compile(r"[a-z][a-z0-9-]{0,22}")


@dataclass(frozen=True)
class Overlay:
    """What an overlay file makes of the catalogue."""

    kpis: Catalogue
    measures: tuple[OwnMeasure, ...] = ()
    """Own measures that some KPI reads. The others are not counted."""
    unread: tuple[str, ...] = ()
    """Built-in measures that were read by nothing but KPIs that are switched off, and whose facts need not be kept."""


def read_overlay(file: Path) -> Overlay:
    """Return the catalogue with the overlay ``file`` over it. Raises `SettingsError` with all that is wrong."""
    document = read_document(file)
    problems: list[Problem] = []
    sections: dict[str, Mapping[str, Located]] = {name: {} for name in SECTIONS}
    for name, found in document.items():
        if name in SECTIONS:
            sections[name] = mapping(found, name, problems)
        else:
            problems.append(unknown(found, name, name, SECTIONS, "section"))
    shipped = load_catalogue()
    counted = read_measures(sections["measures"], problems)
    refused = sections["measures"].keys() - counted.keys()
    measures = named_measures(counted.values())
    families = _families(sections["families"], shipped, problems)
    kpis = dict(shipped)
    for name, found in sections["changes"].items():
        if name in shipped:
            kpis[name] = read_change(shipped[name], found, problems)
        else:
            problems.append(unknown(found, f"changes.{name}", name, _near(name, shipped), "KPI"))
    own: dict[str, Kpi] = {}
    if sections["kpis"]:
        families.setdefault(FAMILY, FAMILY_TITLE)
    for name, found in sections["kpis"].items():
        if name in shipped:
            problems.append(
                Problem(
                    found.key_where or found.where,
                    f"kpis.{name}",
                    f"the catalogue has a KPI {name!r} already; change it below changes, or choose another id",
                )
            )
            continue
        kpi = read_kpi(name, found, measures, problems)
        if kpi is None or measures_of_any_form(kpi) & refused:
            # What is wrong is said already, where it is.
            continue
        if _fits(kpi, found, counted, families, problems):
            own[name] = kpi
    if not problems:
        catalogue = Catalogue(kpis | own, families, dict.fromkeys(own, str(file)))
        try:
            check_catalogue(catalogue, measures)
        except CatalogueError as error:
            section = "kpis" if error.kpi in own else "changes"
            found = sections[section].get(error.kpi, Located(None, "", str(file)))
            problems.append(problem_of(error, found, f"{section}.{error.kpi}", copied(catalogue[error.kpi])))
        else:
            off = [shipped[name] for name, found in sections["changes"].items() if switched_off(found)]
            measures_read = _read_by(catalogue, bound(counted, own.values()).values())
            return Overlay(catalogue, measures_read, _unread(catalogue, off))
    raise SettingsError(problems)


def _unread(catalogue: Catalogue, off: Iterable[Kpi]) -> tuple[str, ...]:
    """The measures that only KPIs read which are switched off, as far as that spares anything."""
    read = {name for kpi in catalogue.values() if kpi.enabled for name in measures_of_any_form(kpi)}
    return spared({name for kpi in off for name in measures_of_any_form(kpi)} - read)


def _read_by(catalogue: Catalogue, measures: Iterable[OwnMeasure]) -> tuple[OwnMeasure, ...]:
    """The measures of which some KPI that is on reads some part."""
    read = {name for kpi in catalogue.values() if kpi.enabled for name in measures_of_any_form(kpi)}
    return tuple(one for one in measures if any(part.name in read for part in one.parts()))


def _families(written: Mapping[str, Located], shipped: Catalogue, problems: list[Problem]) -> dict[str, str]:
    titles = dict(shipped.families)
    for name, found in written.items():
        key = f"families.{name}"
        if name in shipped.families:
            problems.append(
                Problem(
                    found.key_where or found.where, key, "the catalogue has this family already; leave it out"
                )
            )
        elif _FAMILY.fullmatch(name) is None:
            problems.append(
                Problem(
                    found.key_where or found.where,
                    key,
                    f"{name!r} is no name for a family; allowed: up to 23 lower-case letters, digits and hyphens",
                )
            )
        elif not isinstance(found.content, str) or not found.content.strip():
            problems.append(Problem(found.where, key, f"found {found.written}; allowed: the family's title"))
        else:
            titles[name] = found.content
    return titles


def _fits(
    kpi: Kpi,
    found: Located,
    counted: Mapping[str, OwnMeasure],
    families: Mapping[str, str],
    problems: list[Problem],
) -> bool:
    """Whether all that an own KPI refers to is there."""
    try:
        _check_family(kpi, families)
        check_references(kpi, named_measures(counted.values()))
        check_subset(kpi, counted)
    except CatalogueError as error:
        problems.append(problem_of(error, found, f"kpis.{kpi.id}", copied(kpi)))
        return False
    return True


def _check_family(kpi: Kpi, families: Mapping[str, str]) -> None:
    if kpi.family not in families:
        raise CatalogueError(
            kpi.id,
            "family",
            f"there is no family {kpi.family!r}; there are {', '.join(families)}; a new one is declared below families",
        )


def _near(name: str, catalogue: Catalogue) -> list[str]:
    """The ids to suggest: those that look alike, else all."""
    return difflib.get_close_matches(name, catalogue, n=1, cutoff=0.6) or list(catalogue)
