"""Logging: one form for own messages and for those of libraries."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog

from app.config.log import LogSettings
from app.logging import configure_logging


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_own_messages_and_those_of_libraries_have_the_same_form(stream: io.StringIO) -> None:
    configure_logging(LogSettings(format="json"), stream=stream)

    structlog.get_logger("streams.recovery").info("recovered", partition=3, customers=250_000)
    logging.getLogger("some.library").warning("retrying %s", "b:1", extra={"attempt": 2})

    own, foreign = lines(stream)
    assert own.pop("timestamp")
    assert own == {
        "event": "recovered",
        "partition": 3,
        "customers": 250_000,
        "level": "info",
        "logger": "streams.recovery",
    }
    assert foreign.pop("timestamp")
    assert foreign == {"event": "retrying b:1", "level": "warning", "logger": "some.library", "attempt": 2}


def test_an_exception_is_part_of_its_line(stream: io.StringIO) -> None:
    configure_logging(LogSettings(format="json"), stream=stream)

    try:
        int("odd")
    except ValueError:
        structlog.get_logger("x").exception("failed")

    (line,) = lines(stream)
    assert "odd" in json.dumps(line["exception"])


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_traceback_shows_no_local_variables(stream: io.StringIO, form: Literal["console", "json"]) -> None:
    configure_logging(LogSettings(format=form), stream=stream)

    def fail(token: str) -> None:
        raise ValueError(len(token))

    for log in (structlog.get_logger("x"), logging.getLogger("y")):
        try:
            fail("sword" + "fish")
        except ValueError:
            log.exception("failed")

    assert stream.getvalue().count("ValueError") >= 2
    assert "swordfish" not in stream.getvalue()


@pytest.mark.parametrize("name", ["aiokafka.conn", "kafka.net.connection", "kafka.protocol.parser"])
def test_clients_never_write_out_their_requests_which_may_be_passwords(
    stream: io.StringIO, name: str
) -> None:
    configure_logging(LogSettings(level="debug", format="json"), stream=stream)

    logging.getLogger(name).debug("Request 3: SaslAuthenticateRequest(…)")
    logging.getLogger(name).info("connected")

    assert [line["event"] for line in lines(stream)] == ["connected"]


def test_what_is_below_the_level_is_not_written(stream: io.StringIO) -> None:
    configure_logging(LogSettings(level="warning", format="json"), stream=stream)

    structlog.get_logger("x").info("one")
    structlog.get_logger("x").warning("two")
    logging.getLogger("y").info("three")

    assert [line["event"] for line in lines(stream)] == ["two"]


@pytest.mark.parametrize("name", ["faust", "mode", "aiokafka", "kafka.conn"])
def test_clients_speak_up_from_a_warning_on_and_in_debug_always(stream: io.StringIO, name: str) -> None:
    for level in ("info", "debug"):
        configure_logging(LogSettings(level=level, format="json"), stream=stream)
        logging.getLogger(name).info("joined in %s", level)
        logging.getLogger(name).warning("lost in %s", level)

    assert [line["event"] for line in lines(stream)] == ["lost in info", "joined in debug", "lost in debug"]


def test_the_console_form_is_text_without_colours_where_nobody_watches(stream: io.StringIO) -> None:
    configure_logging(LogSettings(), stream=stream)

    structlog.get_logger("x").info("started", port=8001)

    assert "started" in stream.getvalue()
    assert "port=8001" in stream.getvalue()
    assert "\x1b[" not in stream.getvalue()


def test_configuring_twice_writes_once(stream: io.StringIO) -> None:
    configure_logging(LogSettings(format="json"), stream=stream)
    configure_logging(LogSettings(format="json"), stream=stream)

    logging.getLogger("x").warning("once")

    assert len(lines(stream)) == 1


def test_warnings_are_logged(stream: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        configure_logging(LogSettings(format="json"), stream=stream)
        warnings.warn("old", DeprecationWarning, stacklevel=1)
        logging.captureWarnings(capture=False)

    assert "DeprecationWarning: old" in str(lines(stream)[0]["event"])
