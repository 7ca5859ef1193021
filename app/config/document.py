"""The settings file: YAML read so that every value keeps its line."""

from __future__ import annotations

from pathlib import Path

import yaml

from app.config.source import Content, Located, Problem, SettingsError

_MAXIMUM_BYTES = 1_000_000
_YAML = "tag:yaml.org,2002:"
_CONSTRUCTED = {_YAML + name for name in ("null", "bool", "int", "float", "str")}
# No setting is a date: what looks like one is a text, and gets the message of its key if that allows none.
_TEXTS = {_YAML + name for name in ("timestamp", "merge", "value")}


def read_document(path: Path) -> dict[str, Located]:
    """Return the top-level entries of a settings file; an empty file has none.

    Raises ``SettingsError`` when it cannot be read, is not YAML, or is not a mapping.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            [Problem(str(path), "", f"cannot read the settings: {error.strerror}")]
        ) from error
    if len(raw) > _MAXIMUM_BYTES:
        raise SettingsError(
            [Problem(str(path), "", f"too large for settings: more than {_MAXIMUM_BYTES} bytes")]
        )
    try:
        root = yaml.compose(raw, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{path}:{mark.line + 1}" if mark is not None else str(path)
        raise SettingsError(
            [Problem(where, "", f"not valid YAML: {error.problem or error.context}")]
        ) from error
    except yaml.YAMLError as error:
        raise SettingsError([Problem(str(path), "", f"not valid YAML: {error}")]) from error
    except RecursionError as error:
        raise SettingsError([Problem(str(path), "", "nested too deeply")]) from error
    if root is None:
        return {}
    located = _Locator(path).locate(root)
    if located.content is None:
        return {}
    if not isinstance(located.content, dict):
        raise SettingsError(
            [Problem(located.where, "", f"found {located.written}; allowed: sections with keys")]
        )
    return located.content


class _Locator:
    """Turns YAML nodes into located values."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._constructor = yaml.SafeLoader("")
        self._seen: set[int] = set()

    def locate(self, node: yaml.Node) -> Located:
        where = self._where(node)
        # A node met again is an alias, which could contain itself or multiply without end.
        if id(node) in self._seen:
            raise SettingsError(
                [Problem(where, "", "YAML aliases are not supported here; write the value out")]
            )
        self._seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            return Located(self._scalar(node), self._written(node), where)
        if isinstance(node, yaml.SequenceNode):
            return Located(tuple(self.locate(item) for item in node.value), "a list", where)
        return Located(self._mapping(node), "a mapping", where)

    def _mapping(self, node: yaml.Node) -> dict[str, Located]:
        entries: dict[str, Located] = {}
        for key_node, value_node in node.value:
            where = self._where(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                raise SettingsError([Problem(where, "", "a key is a plain name, not a list or a mapping")])
            key = key_node.value
            if key in entries:
                message = f"given twice, first at {entries[key].key_where}; keep one"
                raise SettingsError([Problem(where, key, message)])
            value = self.locate(value_node)
            entries[key] = Located(value.content, value.written, value.where, key_where=where)
        return entries

    def _scalar(self, node: yaml.ScalarNode) -> Content:
        if node.tag in _TEXTS:
            return str(node.value)
        if node.tag not in _CONSTRUCTED:
            tag = node.tag.replace(_YAML, "!!")
            raise SettingsError(
                [Problem(self._where(node), "", f"the YAML tag {tag} is not supported; leave it out")]
            )
        try:
            value: bool | int | float | str | None = self._constructor.construct_object(node)
        except ValueError:
            # 0x_, 1:99 and the like look like numbers to YAML and are none.
            return str(node.value)
        return value

    @staticmethod
    def _written(node: yaml.ScalarNode) -> str:
        value = node.value if len(node.value) <= 80 else node.value[:77] + "..."
        if node.tag == "tag:yaml.org,2002:str":
            return repr(value)
        return value or "nothing"

    def _where(self, node: yaml.Node) -> str:
        return f"{self._path}:{node.start_mark.line + 1}"
