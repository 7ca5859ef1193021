"""The settings: which file, and where each value that is not left at its default comes from."""

from __future__ import annotations

from collections.abc import Iterator

from app.check.finding import Finding, fail, ok, warn
from app.config.source import SettingsError
from app.settings import SECTIONS, Settings

SUBJECT = "settings"
_LOCAL = ("127.0.0.1", "::1", "localhost")


def configuration_findings(settings: Settings) -> list[Finding]:
    """Return what is to be said of settings that could be read."""
    source = "no file" if settings.file is None else str(settings.file)
    details = [
        f"{section.name}.{key.name} = {key.kind.show(getattr(getattr(settings, section.name), key.attribute))}"
        f"  ({settings.places[f'{section.name}.{key.name}']})"
        for section in SECTIONS
        for key in section.keys
        if f"{section.name}.{key.name}" in settings.places
    ]
    said = f"{len(details)} said, the others have their defaults" if details else "all have their defaults"
    found = [ok(SUBJECT, f"{source}; {said}", details)]
    worker, exporter = settings.worker, settings.exporter
    if worker.port == exporter.port and worker.port != 0:
        found.append(
            warn(
                SUBJECT,
                f"worker and exporter have the same port, {worker.port}",
                "Set worker.port or exporter.port, unless they run on different machines.",
            )
        )
    return [*found, *_in_the_clear(settings)]


def _in_the_clear(settings: Settings) -> Iterator[Finding]:
    """Yield a warning for every password that others on the network could read."""
    kafka = settings.kafka
    if kafka.security_protocol == "SASL_PLAINTEXT":
        what = "the password and all events" if kafka.sasl_mechanism == "PLAIN" else "all events"
        yield warn(
            SUBJECT,
            f"kafka.security_protocol is SASL_PLAINTEXT: {what} can be read on the way to Kafka",
            "Use a listener with SASL_SSL where the network is not yours alone.",
        )
    for name, section in (("worker", settings.worker), ("exporter", settings.exporter)):
        if section.users_file and not section.certificate_file and section.listen not in _LOCAL:
            yield warn(
                SUBJECT,
                f"{name}.users_file is set without {name}.certificate_file: passwords can be read on the way to {name}",
                "Set it, unless a proxy in front encrypts.",
            )


def wrong_settings(error: SettingsError) -> list[Finding]:
    """Return what is wrong with settings that could not be read."""
    return [
        fail(SUBJECT, str(problem), "Put it right there; docs/configuration.md has every key.")
        for problem in error.problems
    ]
