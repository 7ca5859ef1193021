"""Reading the catalogue from its files, one a KPI."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Iterator, Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType

import msgspec
import yaml

from app.catalogue.errors import CatalogueError
from app.catalogue.model import Kpi
from app.catalogue.naming import INFO, TARGET, family_names
from app.catalogue.references import check_references
from streams.core.definitions import Definitions
from streams.core.measures import MEASURES, Measure

INDEX = "index.yaml"
"""The file that orders the KPIs and names their families."""

try:
    # The parser in C, where PyYAML was built with it: the same documents, ten times as fast.
    from yaml import CSafeLoader as _SafeLoader
except ImportError:
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]  # the same interface


class _Family(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    kpis: tuple[str, ...]


class _Index(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    families: dict[str, _Family]

    @property
    def order(self) -> list[str]:
        return [kpi for family in self.families.values() for kpi in family.kpis]


class _Loader(_SafeLoader):
    """Refuses a key that is given twice, where YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        """Return the mapping, or raise `ConstructorError`."""
        mapping: dict[object, object] = super().construct_mapping(node, deep)
        if len(mapping) < len(node.value):
            keys = [key.value for key, _ in node.value]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise yaml.constructor.ConstructorError(
                None, None, f"key {twice!r} is given twice", node.start_mark
            )
        return mapping


class Catalogue(Mapping[str, Kpi]):
    """The KPIs by id, in the catalogue's order; ``families`` gives the title of each family, in order.

    ``own`` says in which file a user wrote those that are not the package's.
    """

    __slots__ = ("_kpis", "families", "own")

    def __init__(
        self, kpis: Mapping[str, Kpi], families: Mapping[str, str], own: Mapping[str, str] | None = None
    ) -> None:
        self._kpis = MappingProxyType(dict(kpis))
        self.families = MappingProxyType(dict(families))
        self.own = MappingProxyType(dict(own or {}))

    def __getitem__(self, kpi: str) -> Kpi:
        return self._kpis[kpi]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kpis)

    def __len__(self) -> int:
        return len(self._kpis)

    def under(self, definitions: Definitions) -> Catalogue:
        """Return the catalogue with each KPI as the definitions want it counted."""
        kpis = {name: kpi.under(definitions) for name, kpi in self.items()}
        return self if kpis == self else Catalogue(kpis, self.families, self.own)

    def source(self, kpi: str) -> str:
        """Return the file that a KPI comes from: its path in the repository, or that of a user's file."""
        return self.own.get(kpi, f"app/catalogue/kpis/{kpi}.yaml")

    def switched_off(self) -> dict[str, str]:
        """Return the KPIs that are off, by id, with what that means and how to switch them on."""
        return {
            kpi.id: (
                "off: it is neither exported nor drawn, and no rule watches it. To switch it on, write"
                f" `enabled: true` below `{'kpis' if kpi.id in self.own else 'changes'}.{kpi.id}` in the overlay"
                " file (`overlay.file` in the settings)"
            )
            for kpi in self.values()
            if not kpi.enabled
        }

    def close_matches(self, kpi: str) -> list[str]:
        """Return the ids that ``kpi`` may have been meant to be, the likeliest first."""
        near = difflib.get_close_matches(kpi, self, n=3, cutoff=0.6)
        return near + [known for known in self if kpi and kpi in known and known not in near]


@functools.cache
def load_catalogue() -> Catalogue:
    """Return the catalogue of the package; read once. Raises `CatalogueError`."""
    return read_catalogue(resources.files("app.catalogue") / "kpis", MEASURES)


def read_catalogue(folder: Traversable, measures: Mapping[str, Measure]) -> Catalogue:
    """Return the catalogue in ``folder``: `index.yaml` and `<id>.yaml` for each KPI. Raises `CatalogueError`."""
    index = _read_index(folder / INDEX)
    files = {entry.name for entry in folder.iterdir() if entry.name.endswith(".yaml")} - {INDEX}
    if surplus := files - {f"{kpi}.yaml" for kpi in index.order}:
        raise CatalogueError(
            min(surplus).removesuffix(".yaml"),
            "families",
            f"the file has no place in a family; add it to {INDEX}",
            INDEX,
        )
    kpis = {}
    for family, listed in index.families.items():
        for name in listed.kpis:
            file = folder / f"{name}.yaml"
            if not file.is_file():
                raise CatalogueError(name, "families", f"there is no file {file.name}", INDEX)
            kpi = kpis[name] = parse_kpi(_parse_yaml(file, name), file.name, expect=name)
            if kpi.family != family:
                raise CatalogueError(
                    name, "family", f"{INDEX} lists it under {family}, not {kpi.family}", file.name
                )
    titles = {name: family.title for name, family in index.families.items()}
    return check_catalogue(Catalogue(kpis, titles), measures)


def parse_kpi(document: object, source: str, expect: str | None = None) -> Kpi:
    """Return the KPI that ``document`` (plain mappings, lists and scalars) describes.

    ``source`` is where it comes from and ``expect`` the id that it must have. Raises `CatalogueError`.
    """
    name = str(document.get("id", expect or "?")) if isinstance(document, dict) else expect or "?"
    try:
        kpi = msgspec.convert(document, Kpi)
    except msgspec.ValidationError as error:
        raise _located(name, str(error), source) from error
    if expect is not None and kpi.id != expect:
        raise CatalogueError(name, "id", f"the file is that of {expect}", source)
    return kpi


def check_catalogue(catalogue: Catalogue, measures: Mapping[str, Measure]) -> Catalogue:
    """Return ``catalogue`` if its KPIs fit together and their measures exist; else raise `CatalogueError`."""
    owners: dict[str, str] = {family.name: "the catalogue itself" for family in (TARGET, INFO)}
    for kpi in catalogue.values():
        if kpi.family not in catalogue.families:
            known = ", ".join(catalogue.families)
            raise CatalogueError(kpi.id, "family", f"there is no family {kpi.family!r}; there are {known}")
        try:
            families = family_names(kpi)
        except ValueError as error:
            raise _located(kpi.id, str(error), "") from error
        for family in families:
            if family.name in owners:
                raise CatalogueError(
                    kpi.id, "id", f"{family.name} is also a family of {owners[family.name]}; set metric"
                )
            owners[family.name] = kpi.id
        check_references(kpi, measures)
    return catalogue


def _located(kpi: str, message: str, source: str) -> CatalogueError:
    """Return the error whose key stands at the end of ``message`` (as msgspec writes it) or at its beginning."""
    problem, _, path = message.partition(" - at `$")
    key = path.rstrip("`").removeprefix(".")
    if not key:
        first, _, rest = problem.partition(": ")
        if first in Kpi.__struct_fields__:
            key, problem = first, rest
    return CatalogueError(kpi, key, problem, source)


def _read_index(file: Traversable) -> _Index:
    try:
        return msgspec.convert(_parse_yaml(file, "index"), _Index)
    except msgspec.ValidationError as error:
        raise CatalogueError("index", "", str(error), file.name) from error


def _parse_yaml(file: Traversable, name: str) -> object:
    try:
        return yaml.load(file.read_bytes(), Loader=_Loader)  # noqa: S506 - a safe loader that is stricter still
    except yaml.YAMLError as error:
        problem = " ".join(str(error).split())
        raise CatalogueError(name, "", f"not valid YAML: {problem}", file.name) from error
