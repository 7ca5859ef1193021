"""The Dockerfile and the script that it calls: pinned, unprivileged, and made of what is there."""

from __future__ import annotations

import ast
import fnmatch
import re
import subprocess
import sys
from importlib import metadata
from pathlib import PurePosixPath

import pytest
from packaging.requirements import Requirement

from app.settings import Settings
from tests.conftest import REPOSITORY

DOCKERFILE = REPOSITORY / "deploy" / "Dockerfile"
BUILD = REPOSITORY / "scripts" / "build-image"


def instructions() -> list[tuple[str, str]]:
    """Return the instructions in order: their name and the rest of the line."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [
        (name, " ".join(rest.split()))
        for name, _, rest in (line.partition(" ") for line in text.splitlines() if line.strip())
    ]


def all_of(name: str) -> list[str]:
    return [rest for found, rest in instructions() if found == name]


def selected(variable: str) -> set[str]:
    """Return the package names that a variable of the build script lists."""
    match = re.search(rf"^{variable}='([^']*)'$", BUILD.read_text(), re.MULTILINE)
    assert match is not None
    return set(match[1].split("|"))


def locked(name: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)==", (REPOSITORY / name).read_text(), re.MULTILINE))


def test_both_stages_begin_with_the_same_full_version() -> None:
    bases = [base.partition(" ")[0] for base in all_of("FROM")]

    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.1[1-9]\.[0-9]+-slim-[a-z]+", bases[0])


def test_it_runs_as_nobody_in_particular() -> None:
    user, group = all_of("USER")[-1].split(":")

    assert user.isdigit()
    assert group.isdigit()
    assert int(user) != 0
    assert f"--uid {user}" in " ".join(all_of("RUN"))
    last_root = max(index for index, (name, _) in enumerate(instructions()) if name in {"RUN", "COPY"})
    assert instructions().index(("USER", f"{user}:{group}")) > last_root


def test_it_has_a_health_check_and_the_ports_of_the_settings() -> None:
    settings = Settings()

    assert all_of("HEALTHCHECK")[0].endswith('CMD ["selfserve", "check", "--alive"]')
    assert all_of("EXPOSE") == [f"{settings.exporter.port} {settings.worker.port}"]
    assert all_of("ENTRYPOINT") == ['["selfserve"]']


def test_everything_that_is_installed_is_locked() -> None:
    installs = re.findall(r'pip" install ([^&\n]*)', BUILD.read_text())

    assert len(installs) == 3
    for arguments in installs:
        assert "--require-hashes" in arguments or "--no-index" in arguments, arguments
    assert "pip" not in " ".join(all_of("RUN"))


def test_it_takes_both_steps_of_the_build() -> None:
    build = [command for command in all_of("RUN") if command.startswith("scripts/")]

    assert build == [
        f"scripts/build-image {step} /opt/selfserve /opt/build" for step in ("requirements", "service")
    ]
    assert all(f"\n{step})\n" in BUILD.read_text() for step in ("requirements", "service"))
    assert all_of("COPY")[-1] == "--from=build /opt/selfserve /opt/selfserve"


def test_an_unknown_step_is_refused() -> None:
    done = subprocess.run([BUILD, "everything", "x", "y"], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stdout.startswith("usage: ")


def test_what_is_left_out_and_what_is_selected_is_in_the_locks() -> None:
    assert selected("left_out") <= locked("requirements.lock")
    assert selected("builders") <= locked("requirements-dev.lock")


def closure(name: str, extra: str = "") -> set[str]:
    """Return a distribution and all that it requires on the Python of the image."""
    needed = {name}
    for text in metadata.requires(name) or []:
        requirement = Requirement(text)
        if requirement.marker is None or requirement.marker.evaluate(
            {"extra": extra, "python_version": "3.12"}
        ):
            needed |= closure(requirement.name.replace("_", "-"))
    return needed


def libraries(*folders: str) -> set[str]:
    """Return the libraries that the modules of folders import."""
    found = set()
    for folder in folders:
        for file in (REPOSITORY / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Import):
                    found |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom):
                    found.add(str(node.module).partition(".")[0])
    return found - sys.stdlib_module_names - {"app", "streams", "schemas"}


def test_what_builds_the_wheel_is_complete() -> None:
    known_by_types = {name.replace("_", "-") for name in libraries("streams/core", "schemas")}

    assert known_by_types == {"msgspec", "mypy-extensions", "xxhash"}
    assert selected("builders") == closure("hatchling") | closure("mypy", "mypyc") | known_by_types


def test_the_core_is_compiled() -> None:
    build = BUILD.read_text()

    assert re.search(r'HATCH_BUILD_HOOK_ENABLE_CUSTOM=1 \S+pip" wheel', build)
    assert '--version | grep "compiled core"' in build
    assert "gcc" in " ".join(all_of("RUN"))


def test_only_the_embedded_kafka_goes_without_something() -> None:
    text = (REPOSITORY / "pyproject.toml").read_text()
    match = re.search(r"^kafka = \[(.*)\]$", text, re.MULTILINE)
    assert match is not None
    assert selected("left_out") == {Requirement(entry.strip(' "')).name for entry in match[1].split(",")}


@pytest.mark.parametrize(
    "source",
    [source for line in all_of("COPY") if not line.startswith("--from") for source in line.split()[:-1]],
)
def test_what_is_copied_exists_and_is_not_ignored(source: str) -> None:
    rules = (REPOSITORY / "deploy" / "Dockerfile.dockerignore").read_text().splitlines()
    is_ignored = False
    for rule in rules:
        if rule and not rule.startswith("#"):
            pattern = PurePosixPath(rule.removeprefix("!")).as_posix()
            if fnmatch.fnmatch(source, pattern):
                is_ignored = not rule.startswith("!")

    assert (REPOSITORY / source).exists()
    assert not is_ignored
