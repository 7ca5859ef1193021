"""Logging: structured, to standard error, as lines for people or as JSON for collectors.

Own code logs through ``structlog.get_logger(__name__)``; what libraries log with the standard library takes the
same way and gets the same form. Tracebacks come without local variables, which may be passwords or customers' data.
"""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import Processor

from app.config.log import LogSettings

_NOISY = ("aiokafka", "kafka", "faust", "mode", "aiohttp.access", "asyncio")
"""Loggers that report their own inner life at the level ``info``."""
_OUTSPOKEN = ("aiokafka.conn", "kafka.net.connection", "kafka.protocol")
"""Loggers that write out every request at the level ``debug``, and with it the password of SASL's PLAIN."""


def configure_logging(log: LogSettings, *, stream: TextIO | None = None) -> None:
    """Set up logging for this process, on standard error unless another stream is given.

    May be called again; the last call counts.
    """
    target = stream if stream is not None else sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    if log.format == "json":
        shared.append(
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            )
        )
        renderer: Processor = structlog.processors.JSONRenderer(default=str)
    else:
        renderer = structlog.dev.ConsoleRenderer(
            colors=target.isatty(),
            exception_formatter=structlog.dev.RichTracebackFormatter(show_locals=False),
        )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    level = logging.getLevelNamesMapping()[log.level.upper()]
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _NOISY:
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
        library.setLevel(level if log.level == "debug" else max(level, logging.WARNING))
    for name in _OUTSPOKEN:
        logging.getLogger(name).setLevel(max(level, logging.INFO) if log.level == "debug" else logging.NOTSET)
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
