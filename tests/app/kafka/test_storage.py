from __future__ import annotations

import collections
import json
import os
from pathlib import Path

import pytest

from app.kafka.errors import KafkaStartError
from app.kafka.storage import DataDirectory


def use(root: Path, version: str = "4.3.1") -> str:
    directory = DataDirectory(root, kafka_version=version)
    directory.close()
    return directory.cluster_id


def format_as(root: Path, cluster_id: str) -> None:
    (root / "log").mkdir()
    (root / "log" / "meta.properties").write_text(f"version=1\ncluster.id={cluster_id}\nnode.id=1\n")


def test_a_directory_keeps_its_cluster(tmp_path: Path) -> None:
    root = tmp_path / "deep" / "data"
    assert use(root) == use(root)
    assert use(root) != use(tmp_path / "other")


def test_a_cluster_id_is_sixteen_bytes_in_url_safe_base64(tmp_path: Path) -> None:
    assert len(use(tmp_path / "data")) == 22


def test_a_directory_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(
        KafkaStartError, match=r"not empty and was not created by `selfserve kafka`(.|\n)*--data-dir"
    ):
        use(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_data_of_another_cluster_is_refused(tmp_path: Path) -> None:
    ours = use(tmp_path)
    format_as(tmp_path, "AnotherClusterAltogether")
    with pytest.raises(KafkaStartError) as caught:
        use(tmp_path)
    assert "belongs to the cluster AnotherClusterAltogether" in str(caught.value)
    assert ours in str(caught.value)


def test_a_directory_in_use_names_its_process(tmp_path: Path) -> None:
    first = DataDirectory(tmp_path, kafka_version="4.3.1")
    with pytest.raises(
        KafkaStartError, match=rf"in use by another broker \(started by process {os.getpid()}\)"
    ):
        use(tmp_path)
    first.close()
    use(tmp_path)


def test_data_of_a_newer_kafka_is_refused_and_of_an_older_one_taken_over(tmp_path: Path) -> None:
    use(tmp_path, "4.3.1")
    use(tmp_path, "4.3.0")
    use(tmp_path, "4.10.0")
    with pytest.raises(KafkaStartError, match=r"last used by Kafka 4\.10\.0, and this is Kafka 4\.3\.1"):
        use(tmp_path, "4.3.1")


def test_a_damaged_marker_is_named(tmp_path: Path) -> None:
    use(tmp_path)
    (tmp_path / "selfserve-kafka.json").write_text('{"cluster_id": ')
    with pytest.raises(KafkaStartError, match=r"selfserve-kafka\.json is damaged"):
        use(tmp_path)


def test_an_interrupted_formatting_is_begun_anew(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path, kafka_version="4.3.1")
    (directory.log_directory / "__cluster_metadata-0").mkdir(parents=True)
    formatted = [directory.formatted]
    directory.clear_for_format()
    assert not directory.log_directory.exists()
    format_as(tmp_path, directory.cluster_id)
    formatted.append(directory.formatted)
    directory.clear_for_format()
    assert directory.log_directory.exists()
    assert formatted == [False, True]
    directory.close()


def test_a_full_file_system_is_said_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = collections.namedtuple("usage", "total used free")  # noqa: PYI024  # the type of shutil's own
    monkeypatch.setattr(
        "app.kafka.storage.shutil.disk_usage", lambda _: usage(10**9, 10**9 - 5_000_000, 5_000_000)
    )
    with pytest.raises(KafkaStartError, match=r"has 5 MB left, and Kafka needs at least 268 MB"):
        use(tmp_path / "data")
    assert list((tmp_path / "data").iterdir()) == []


def test_a_place_where_no_directory_can_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KafkaStartError, match=r"file/data cannot be used: Not a directory"):
        use(tmp_path / "file" / "data")


def test_the_marker_is_readable_by_people(tmp_path: Path) -> None:
    cluster = use(tmp_path)
    marker = json.loads((tmp_path / "selfserve-kafka.json").read_text())
    assert marker == {"cluster_id": cluster, "kafka_version": "4.3.1"}
