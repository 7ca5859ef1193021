"""Why a benchmark gave no figures."""

from __future__ import annotations

from app.errors import UserError


class BenchmarkError(UserError):
    """Something that was to be measured did not get through, or something needed for it is missing."""

    exit_code = 1
