"""Forms of text that several sections share."""

from __future__ import annotations

from app.config.kinds import Integer, Text

_HOST = r"(?:\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)"


def _bad_port(text: str) -> str | None:
    for broker in text.split(","):
        port = int(broker.rsplit(":", 1)[1])
        if not 1 <= port <= 65_535:
            return f"{port} is no port"
    return None


BROKERS = Text(
    "host:port, several separated by commas", rf"{_HOST}:[0-9]{{1,6}}(?:,{_HOST}:[0-9]{{1,6}})*", _bad_port
)
"""Kafka's bootstrap servers; an IPv6 address stands in brackets."""

ADDRESS = Text(
    "the IP address or host name to listen on", r"[0-9A-Fa-f:.]+|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?"
)

PORT = Integer(0, 65_535)
"""A port to listen on; 0 takes a free one."""

NAME = Text("1 to 200 letters, digits, dots, underscores or hyphens", r"[A-Za-z0-9._-]{1,200}")
"""What becomes part of a consumer group's or a transaction's name."""

TOPIC_PREFIX = Text(
    "up to 100 letters, digits, dots, underscores or hyphens, or an empty text", r"[A-Za-z0-9._-]{0,100}"
)
"""Kafka allows 249 characters for a topic's name, and the rest of ours is far shorter than the difference."""

FILE = Text("the path of a file", r"[^\x00-\x1f]{1,4096}")
"""Relative ones start from the working directory."""

USER = Text(
    "1 to 200 printable ASCII characters without spaces, commas and equals signs", r"[!-+\--<>-~]{1,200}"
)
"""Kafka's clients disagree on how to write any others in SCRAM."""
