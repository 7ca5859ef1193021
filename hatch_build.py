"""Compiles a part of the core for the wheel with mypyc, where the build is asked for it.

Enabled by ``HATCH_BUILD_HOOK_ENABLE_CUSTOM=1``. Everything is made in a temporary directory and packed from there: nothing is
ever put beside the sources, where Python would prefer it to them long after they have changed. Editable installations
stay pure for the same reason.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

GROUP = "selfserve"
"""Of the shared library that holds all the code; each module's own file only hands over to it."""


class CompiledCore(BuildHookInterface[Any]):
    """Adds the compiled modules to the wheel, beside their sources, which tracebacks show."""

    _made: TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and have the files packed. Ends the build if a module cannot be compiled."""
        if version == "editable":
            return
        self._made = TemporaryDirectory(prefix="selfserve-build-")
        for file, name in compile_modules(self.root, self.config["modules"], Path(self._made.name)).items():
            build_data["force_include"][str(file)] = name
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what has been packed."""
        if self._made is not None:
            self._made.cleanup()


def compile_modules(root: str, modules: list[str], work: Path) -> dict[Path, str]:
    """Compile ``modules``, which are paths below ``root``, in the directory ``work``.

    Return each file that came of it, with its place in the wheel. Exits with mypy's or the compiler's messages if one of
    them fails.
    """
    # Not needed by a pure build, and found only where the compiled one is asked for.
    from mypyc.build import mypycify  # noqa: PLC0415
    from setuptools import Distribution  # noqa: PLC0415
    from setuptools.command.build_ext import build_ext  # noqa: PLC0415

    with contextlib.chdir(root):
        extensions = mypycify(
            # Types are checked by `make type`; here they only have to be known. No cache beside the sources either.
            ["--config-file=", f"--cache-dir={work / 'cache'}", *modules],
            group_name=GROUP,
            target_dir=str(work / "c"),
            # A profiler needs no more than the names of the functions, which stay.
            debug_level="0",
        )
        command = build_ext(Distribution({"name": GROUP, "ext_modules": extensions}))
        command.build_lib, command.build_temp = str(work / "lib"), str(work / "objects")
        command.ensure_finalized()
        command.run()
    library = work / "lib"
    return {file: str(file.relative_to(library)) for file in sorted(library.rglob("*")) if file.is_file()}
