"""Options that commands share, and how they become ``Settings``.

A command is written as::

    @click.command()
    @setting_option("--port", key="worker.port", help="Port of the health page.")
    @settings_options
    def command(settings: Settings) -> None: ...

``settings_options`` adds ``--config``, ``--bootstrap-servers``, ``--log-level`` and ``--log-format``, loads
the settings, sets up logging and passes ``settings`` by keyword. A ``setting_option`` replaces one key of the
settings; it is checked where the same key of a file would be, and an error names the option.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from app.config.source import Override
from app.logging import configure_logging
from app.settings import load_settings

F = TypeVar("F", bound=Callable[..., Any])

OVERRIDES = "selfserve.overrides"


def setting_option(*names: str, key: str, **attributes: Any) -> Callable[[F], F]:
    """Return a decorator that adds an option which replaces the setting ``key`` (dotted, as in the file)."""

    def remember(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
        if value is not None:
            ctx.meta.setdefault(OVERRIDES, {})[key] = Override(text=value, option=max(param.opts, key=len))

    return click.option(*names, expose_value=False, callback=remember, type=str, **attributes)


def settings_options(function: F) -> F:
    """Decorate a command function that takes ``settings: Settings``."""

    @functools.wraps(function)
    def load(*args: Any, config: Path | None, **kwargs: Any) -> Any:
        ctx = click.get_current_context()
        settings = load_settings(config, cli=ctx.meta.get(OVERRIDES, {}), environ=os.environ)
        configure_logging(settings.log)
        return function(*args, settings=settings, **kwargs)

    decorators: list[Callable[[Any], Any]] = [
        click.option(
            "--config",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Settings file. Default: selfserve.yaml, if there is one.",
        ),
        setting_option(
            "--bootstrap-servers", key="kafka.bootstrap_servers", metavar="HOST:PORT,…", help="Kafka brokers."
        ),
        setting_option(
            "--log-level", key="log.level", metavar="LEVEL", help="debug, info, warning or error."
        ),
        setting_option("--log-format", key="log.format", metavar="FORMAT", help="console or json."),
    ]
    decorated: Any = load
    for decorate in reversed(decorators):
        decorated = decorate(decorated)
    return decorated  # type: ignore[no-any-return]
