"""Write, or check, everything that is generated from the event structs: ``python -m schemas.generate [--check]``.

These are the JSON Schemas, the snapshot of the published contract, and the tables in ``docs/events.md``. A change that
would break a producer is refused unless it is accepted in so many words.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from schemas import published, reference, resources
from schemas.interventions import intervention_schema
from schemas.json_schema import envelope_schema, type_schema
from schemas.types import EVENT_TYPES

PACKAGE = Path(__file__).parent
PAGE = PACKAGE.parent / "docs" / "events.md"
SNAPSHOT = PACKAGE / "published.json"

_TABLES = {
    "envelope": reference.envelope_table,
    "types": reference.types_tables,
    "reasons": reference.reasons_table,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status: 0 done, 1 out of date or refused."""
    parser = argparse.ArgumentParser(prog="python -m schemas.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail if a file is out of date")
    parser.add_argument(
        "--accept-breaking", action="store_true", help="publish although producers will be refused"
    )
    options = parser.parse_args(arguments)

    contract = published.current()
    broken = published.breaking_changes(resources.published(), contract) if SNAPSHOT.exists() else []
    if broken and not options.accept_breaking:
        _report("this would break producers that follow the published contract:", broken)
        _report("undo it, or publish it with --accept-breaking and an entry in the changelog", [])
        return 1

    files = generated(contract)
    stale = sorted(
        path for path, text in files.items() if not path.exists() or path.read_text("utf-8") != text
    )
    orphans = sorted(set(PACKAGE.joinpath("json").glob("*")) - files.keys())
    if options.check:
        if stale or orphans:
            _report(
                "out of date, run python -m schemas.generate:", [str(path) for path in [*stale, *orphans]]
            )
        return 1 if stale or orphans else 0
    for path in stale:
        path.parent.mkdir(exist_ok=True)
        path.write_text(files[path], encoding="utf-8")
    for path in orphans:
        path.unlink()
    return 0


def generated(contract: Mapping[str, Any]) -> dict[Path, str]:
    """Return the text of every generated file. The page is left out where there are no docs, as in an installed package."""
    schemas = {resources.ENVELOPE: envelope_schema()}
    schemas |= {name: type_schema(event_type) for name, event_type in EVENT_TYPES.items()}
    schemas[resources.INTERVENTION] = intervention_schema()
    files = {PACKAGE / "json" / f"{name}.schema.json": _json(schema) for name, schema in schemas.items()}
    files[SNAPSHOT] = _snapshot(contract)
    if PAGE.exists():
        files[PAGE] = fill_in(PAGE.read_text(encoding="utf-8"))
    return files


def fill_in(page: str) -> str:
    """Return the page with the tables between its ``<!-- generated: NAME -->`` markers brought up to date.

    Raises:
        ValueError: a table has no place in the page.
    """
    for name, table in _TABLES.items():
        begin, end = f"<!-- generated: {name}, do not edit by hand -->", f"<!-- end of {name} -->"
        before, opened, rest = page.partition(begin)
        _, closed, after = rest.partition(end)
        if not opened or not closed:
            raise ValueError(
                f"docs/events.md lacks a place for a table: it needs the lines {begin} and {end}"
            )
        page = f"{before}{begin}\n\n{table()}\n\n{end}{after}"
    return page


def _json(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _snapshot(contract: Mapping[str, Any]) -> str:
    """Return the contract as JSON with a field a line, so that a diff shows what changed and nothing else."""

    def rules(fields: Mapping[str, Any], indent: str) -> str:
        lines = (f"{indent}{json.dumps(path)}: {json.dumps(rule)}" for path, rule in fields.items())
        return ",\n".join(lines)

    types = []
    for name, contents in contract["types"].items():
        head = "".join(
            f"{json.dumps(key)}: {json.dumps(contents[key])}, " for key in contents if key != "fields"
        )
        own = f"{{\n{rules(contents['fields'], ' ' * 6)}\n    }}" if contents["fields"] else "{}"
        types.append(f'    {json.dumps(name)}: {{{head}"fields": {own}}}')
    common = rules(contract["envelope"], " " * 4)
    all_types = ",\n".join(types)
    return f'{{\n  "envelope": {{\n{common}\n  }},\n  "types": {{\n{all_types}\n  }}\n}}\n'


def _report(heading: str, lines: Sequence[str]) -> None:
    sys.stderr.write("\n  ".join([heading, *lines]) + "\n")


if __name__ == "__main__":
    sys.exit(main())
