"""All settings of a command: composed of their sections, read from options, environment and file.

An option beats an environment variable, which beats the file, which beats the default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from app.catalogue.load import Catalogue, load_catalogue
from app.config.alerts import ALERTS, AlertTimes
from app.config.definitions import DEFINITIONS
from app.config.document import read_document
from app.config.exporter import EXPORTER, ExporterSettings
from app.config.kafka import KAFKA, KafkaSettings
from app.config.keys import Origins, Section, read_section
from app.config.links import LINKS, LinkSettings
from app.config.log import LOG, LogSettings
from app.config.overlay import OVERLAY, OverlaySettings
from app.config.sorting import SORTING, SortingSettings
from app.config.source import Located, Override, Problem, SettingsError, did_you_mean
from app.config.worker import WORKER, WorkerSettings
from app.overlay.read import Overlay, read_overlay
from streams.core.definitions import Definitions

SECTIONS: tuple[Section[Any], ...] = (
    KAFKA,
    WORKER,
    EXPORTER,
    LOG,
    LINKS,
    ALERTS,
    OVERLAY,
    SORTING,
    DEFINITIONS,
)
"""Every section of the file, in the order in which they are documented."""

DEFAULT_FILE = Path("selfserve.yaml")
"""Read from the working directory when no file is named."""


@dataclass(frozen=True)
class Settings:
    """What a command needs to know."""

    kafka: KafkaSettings = field(default_factory=KafkaSettings)
    worker: WorkerSettings = field(default_factory=WorkerSettings)
    exporter: ExporterSettings = field(default_factory=ExporterSettings)
    log: LogSettings = field(default_factory=LogSettings)
    links: LinkSettings = field(default_factory=LinkSettings)
    alerts: AlertTimes = field(default_factory=AlertTimes)
    overlay: OverlaySettings = field(default_factory=OverlaySettings)
    sorting: SortingSettings = field(default_factory=SortingSettings)
    definitions: Definitions = field(default_factory=Definitions)
    laid_over: Overlay | None = None
    """What the overlay file says."""
    file: Path | None = None
    """The file that was read."""
    places: Mapping[str, str] = field(default_factory=dict)
    """Where each key that has not its default was set: dotted key to ``file:line``, variable or option."""

    @property
    def catalogue(self) -> Catalogue:
        """The KPIs as the definitions count them, with what the overlay file changes of them and adds to them."""
        kpis = load_catalogue() if self.laid_over is None else self.laid_over.kpis
        return kpis.under(self.definitions)


def load_settings(
    config: Path | None = None,
    *,
    cli: Mapping[str, Override] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Return the settings.

    ``config`` is the file; without it ``selfserve.yaml`` of the working directory is read if there is one.
    ``cli`` has the options by dotted key, ``environ`` the environment variables (none, unless they are given).
    Raises ``SettingsError`` with everything that is wrong.
    """
    file = config
    if file is None and DEFAULT_FILE.is_file():
        file = DEFAULT_FILE
    document = read_document(file) if file is not None else {}
    overrides = dict(cli or {})
    _reject_undeclared(overrides)
    problems = _unknown_sections(document)
    built: dict[str, Any] = {}
    places: dict[str, str] = {}
    for section in SECTIONS:
        origins = Origins(file=document.get(section.name), environ=environ or {}, cli=overrides)
        value, wrong, where = read_section(section, origins)
        problems += wrong
        places |= where
        built[section.name] = value
    if problems:
        raise SettingsError(problems)
    overlay: OverlaySettings = built["overlay"]
    laid_over = None if overlay.file is None else _lay_over(overlay.file, places)
    if laid_over is not None:
        built["definitions"] = msgspec.structs.replace(
            built["definitions"], own=laid_over.measures, unread=laid_over.unread
        )
    return Settings(**built, laid_over=laid_over, file=file, places=places)


def _lay_over(file: str, places: Mapping[str, str]) -> Overlay:
    path = Path(file)
    if not path.is_file():
        key = "overlay.file"
        message = f"found {file!r}; there is no such file; allowed: its path, absolute or from the working directory on"
        raise SettingsError([Problem(places.get(key, "default"), key, message)])
    return read_overlay(path)


def _unknown_sections(document: Mapping[str, Located]) -> list[Problem]:
    names = [section.name for section in SECTIONS]
    problems = []
    for name, found in document.items():
        if name in names:
            continue
        owners = [
            section.name for section in SECTIONS if any(setting.name == name for setting in section.keys)
        ]
        if owners:
            hint = f"; it belongs below {' or '.join(owners)}"
        else:
            hint = did_you_mean(name, names) or f"; known: {', '.join(names)}"
        problems.append(Problem(found.key_where or found.where, name, "unknown section" + hint))
    return problems


def _reject_undeclared(overrides: Mapping[str, Override]) -> None:
    declared = {f"{section.name}.{setting.name}" for section in SECTIONS for setting in section.keys}
    undeclared = sorted(overrides.keys() - declared)
    if undeclared:
        raise KeyError(f"no section declares {', '.join(undeclared)}")
