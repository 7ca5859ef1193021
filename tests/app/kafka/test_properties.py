from __future__ import annotations

from app.kafka.properties import render, server_properties


def rendered(**overrides: str) -> str:
    names = {key.replace("_", "."): value for key, value in overrides.items()}
    return render(server_properties(port=1111, controller_port=2222, partitions=3, overrides=names))


def test_both_listeners_are_on_the_loopback_interface_only() -> None:
    (listeners,) = [line for line in rendered().splitlines() if line.startswith("listeners=")]
    assert listeners.replace("\\", "") == "listeners=PLAINTEXT://127.0.0.1:1111,CONTROLLER://127.0.0.1:2222"


def test_overrides_win_and_add() -> None:
    lines = rendered(num_partitions="7", message_max_bytes="5").splitlines()
    assert "num.partitions=7" in lines
    assert "message.max.bytes=5" in lines
    assert len([line for line in lines if line.startswith("num.partitions=")]) == 1


def test_further_listeners_stand_beside_the_two_that_are_always_there() -> None:
    properties = server_properties(
        port=1111,
        controller_port=2222,
        partitions=3,
        overrides={
            "listeners": "SECURE://127.0.0.1:3333",
            "advertised.listeners": "SECURE://127.0.0.1:3333",
            "listener.security.protocol.map": "SECURE:SASL_SSL",
        },
    )
    assert properties["listeners"].endswith(":1111,CONTROLLER://127.0.0.1:2222,SECURE://127.0.0.1:3333")
    assert properties["advertised.listeners"] == "PLAINTEXT://127.0.0.1:1111,SECURE://127.0.0.1:3333"
    assert properties["listener.security.protocol.map"].endswith("CONTROLLER:PLAINTEXT,SECURE:SASL_SSL")


def test_special_characters_are_escaped_as_java_reads_them() -> None:
    assert render({"a b": "c:\\d=ü\n€😀"}) == "a\\ b=c\\:\\\\d\\=\\u00fc\\n\\u20ac\\ud83d\\ude00\n"
