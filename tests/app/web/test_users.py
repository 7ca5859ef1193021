"""Users and their passwords: what is accepted, what it costs, and what a file may look like."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from structlog.testing import capture_logs

from app.web.users import Users, UsersFileError, read_users


def line(name: str, password: str, prefix: bytes = b"2b") -> str:
    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds=4)).replace(b"$2b$", b"$%s$" % prefix)
    return f"{name}:{hashed.decode()}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "users"
    path.write_text("# who may read\n\n" + line("ann", "one") + line("bob", "two", b"2y"))
    return path


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return the passwords that bcrypt was asked about, as they come."""
    asked: list[bytes] = []
    check: Callable[[bytes, bytes], bool] = bcrypt.checkpw

    def checkpw(password: bytes, stored: bytes) -> bool:
        asked.append(password)
        return check(password, stored)

    monkeypatch.setattr("app.web.users.bcrypt.checkpw", checkpw)
    return asked


def verify(users: Users, *tries: tuple[str, str]) -> list[bool]:
    async def run() -> list[bool]:
        return [await users.verify(name, password.encode()) for name, password in tries]

    return asyncio.run(run())


def test_the_right_password_of_the_right_user_is_accepted(file: Path) -> None:
    tries = [("ann", "one"), ("bob", "two"), ("ann", "two"), ("bob", ""), ("eve", "one"), ("", "")]

    assert verify(Users(str(file)), *tries) == [True, True, False, False, False, False]


def test_a_password_that_was_right_costs_no_second_hash(file: Path, hashed: list[bytes]) -> None:
    users = Users(str(file))

    assert verify(users, *[("ann", "one")] * 50) == [True] * 50
    assert hashed == [b"one"]
    assert verify(users, ("ann", "wrong"), ("ann", "one"), ("bob", "one")) == [False, True, False]
    assert hashed == [b"one", b"wrong", b"one"]


def test_an_unknown_user_costs_as_much_as_a_wrong_password(file: Path, hashed: list[bytes]) -> None:
    verify(Users(str(file)), ("eve", "a"), ("ann", "a"))

    assert hashed == [b"a", b"a"]


def test_what_is_remembered_is_bounded_by_the_users_and_holds_no_password(file: Path) -> None:
    users = Users(str(file))
    verify(users, *[(name, password) for name in ("ann", "bob", "eve") for password in ("one", "two", "x")])

    assert users._verified.keys() == {"ann", "bob"}
    assert all(len(digest) == 32 for digest in users._verified.values())


def test_what_bcrypt_would_cut_off_or_refuse_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "users"
    path.write_text(line("ann", "x" * 72))

    assert verify(Users(str(path)), ("ann", "x" * 72), ("ann", "x" * 73), ("ann", "x\0")) == [
        True,
        False,
        False,
    ]


def test_changes_of_the_file_count_at_once(file: Path) -> None:
    users = Users(str(file))
    assert verify(users, ("ann", "one"), ("bob", "two")) == [True, True]

    file.write_text(line("ann", "changed") + line("cleo", "three"))

    tries = [("ann", "one"), ("ann", "changed"), ("bob", "two"), ("cleo", "three")]
    assert verify(users, *tries) == [False, True, False, True]


@pytest.mark.parametrize("change", [lambda f: f.write_text("ann:plain\n"), lambda f: f.unlink()])
def test_a_change_that_cannot_be_used_leaves_the_users_as_they_were(
    file: Path, change: Callable[[Path], Any]
) -> None:
    users = Users(str(file))
    change(file)
    with capture_logs() as logs:
        assert verify(users, ("ann", "one"), ("ann", "plain")) == [True, False]

    assert [entry["log_level"] for entry in logs] == ["warning"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "has no users"),
        ("# ann\n", "has no users"),
        ("\nann:swordfish\n", ":2: not a user with a bcrypt hash, as `htpasswd -nB USER` writes it"),
        ("ann:$apr1$x$swordfish\n", ":1: not a user"),
        ("ann $2b$04$" + "a" * 53 + "\n", ":1: not a user"),
        ("ann:$2b$03$" + "a" * 53 + "\n", ":1: not a user"),
        ("ann:$2b$04$" + "a" * 52 + "\n", ":1: not a user"),
        (("ann:$2b$04$" + "a" * 53 + "\n") * 2, ":2: ann is there twice"),
    ],
)
def test_a_file_that_cannot_be_used_names_the_line_and_does_not_show_it(
    tmp_path: Path, text: str, reason: str
) -> None:
    path = tmp_path / "users"
    path.write_text(text)
    with pytest.raises(UsersFileError) as caught:
        read_users(str(path))

    assert str(caught.value).startswith(f"{path}")
    assert reason in str(caught.value)
    assert "swordfish" not in str(caught.value)


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(UsersFileError, match="cannot read /no/users: no such file or directory"):
        read_users("/no/users")
    with pytest.raises(UsersFileError, match="is not a text in UTF-8"):
        read_users(str(tmp_path / "binary"))
