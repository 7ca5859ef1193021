"""Errors that their reader can put right."""

from __future__ import annotations


class UserError(Exception):
    """Something outside the program is wrong: a setting, a file, a broker that does not answer.

    The command line prints the message alone, without a traceback, and exits with ``exit_code``.
    The message says what is wrong, where, and what to do about it.
    """

    exit_code: int = 2
