"""The description of the HTTP interface, for clients and for tests of the answers."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from app import __version__

Schema: TypeAlias = dict[str, Any]


def _object(properties: dict[str, Schema], *, optional: tuple[str, ...] = ()) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


_TEXT: Final[Schema] = {"type": "string"}
_TEXTS: Final = _array(_TEXT)
_NUMBER: Final[Schema] = {"type": "number"}
_OPTIONAL_NUMBER: Final[Schema] = {"type": ["number", "null"]}
_OPTIONAL_TEXT: Final[Schema] = {"type": ["string", "null"]}
_TIME: Final[Schema] = {"type": "string", "format": "date-time"}
_LABELS: Final[Schema] = {"type": "object", "additionalProperties": _TEXT}

_SUMMARY: Final[dict[str, Schema]] = {
    "id": _TEXT,
    "title": _TEXT,
    "family": _TEXT,
    "kind": {"enum": ["ratio", "quotient", "count", "level", "score", "amount", "seconds", "distribution"]},
    "unit": _TEXT,
    "better": {"enum": ["higher", "lower"]},
    "windows": _TEXTS,
    "window": {**_OPTIONAL_TEXT, "description": "The window to show first"},
    "min_samples": {"type": "integer", "description": "Below this denominator no alert fires"},
    "objective": _OPTIONAL_NUMBER,
    "bands": _array(_ref("Band")),
}

_SCHEMAS: Final[dict[str, Schema]] = {
    "Band": _object(
        {
            "name": _TEXT,
            "title": _TEXT,
            "above": _NUMBER,
            "at_least": _NUMBER,
            "below": _NUMBER,
            "at_most": _NUMBER,
        },
        optional=("above", "at_least", "below", "at_most"),
    ),
    "Series": _object(
        {
            "labels": _LABELS,
            "value": {**_OPTIONAL_NUMBER, "description": "null: no data"},
            "numerator": _OPTIONAL_NUMBER,
            "denominator": {
                **_OPTIONAL_NUMBER,
                "description": "What the value rests on; for durations the observations, for scores the answers",
            },
            "band": {**_OPTIONAL_TEXT, "description": "The band of the value, where bands hold"},
            "first": {"type": "boolean", "description": "Whether this is the figure that stands for the KPI"},
        }
    ),
    "Sample": _object({"metric": _TEXT, "labels": _LABELS, "value": _NUMBER}),
    "Point": _object(
        {"at": _TIME, "value": _NUMBER, "numerator": _OPTIONAL_NUMBER, "denominator": _OPTIONAL_NUMBER}
    ),
    "Definition": {
        "type": "object",
        "properties": {"version": {"type": "integer"}, "review": _TEXT},
        "required": ["version", "review"],
        "additionalProperties": {"anyOf": [_TEXT, _TEXTS]},
    },
    "Overview": _object(
        {
            "at": _TIME,
            "notes": _TEXTS,
            "families": {
                "type": "object",
                "additionalProperties": _TEXT,
                "description": "Titles by the name that KPIs refer to, in order",
            },
            "kpis": _array(_object({**_SUMMARY, "values": _array(_ref("Series"))})),
            "off": {
                **_array(_object({"id": _TEXT, "state": _TEXT})),
                "description": "KPIs that are switched off, and how to switch them on",
            },
        }
    ),
    "Kpi": _object(
        {
            "at": _TIME,
            **_SUMMARY,
            "value": _OPTIONAL_NUMBER,
            "numerator": _OPTIONAL_NUMBER,
            "denominator": _OPTIONAL_NUMBER,
            "definition": _ref("Definition"),
            "series": _array(_ref("Series")),
            "extras": _array(_ref("Sample")),
            "history": _array(_object({"labels": _LABELS, "points": _array(_ref("Point"))})),
        }
    ),
    "Health": _object(
        {
            "ready": {"type": "boolean"},
            "reasons": {**_TEXTS, "description": "Why the exporter has not caught up"},
            "notes": {**_TEXTS, "description": "What else keeps figures incomplete or standing still"},
            "evaluation_time": {"type": ["string", "null"], "format": "date-time"},
            "lag_seconds": _OPTIONAL_NUMBER,
        }
    ),
    "Error": _object({"error": _TEXT, "reasons": _TEXTS}),
}

_UNAVAILABLE: Final = _json("There are no current figures", _ref("Error"))

DOCUMENT: Final[Schema] = {
    "openapi": "3.1.0",
    "info": {
        "title": "selfserve",
        "version": __version__,
        "description": "Live self-service support KPIs. All times are RFC 3339 in UTC; ratios lie between 0 and 1.",
    },
    "paths": {
        "/api/v1/kpis": {
            "get": {
                "summary": "All KPIs with their overall values",
                "responses": {"200": _json("The KPIs", _ref("Overview")), "503": _UNAVAILABLE},
            }
        },
        "/api/v1/kpis/{id}": {
            "get": {
                "summary": "One KPI: definition, all series, recorded history",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": _TEXT},
                    {
                        "name": "window",
                        "in": "query",
                        "schema": _TEXT,
                        "description": "Window of the history; default: the one to show first",
                    },
                    {
                        "name": "format",
                        "in": "query",
                        "schema": {"enum": ["json", "csv"], "default": "json"},
                        "description": "csv gives the series as a table",
                    },
                ],
                "responses": {
                    "200": {
                        "description": "The KPI",
                        "content": {
                            "application/json": {"schema": _ref("Kpi")},
                            "text/csv": {"schema": _TEXT},
                        },
                    },
                    "400": _json("A parameter is wrong", _ref("Error")),
                    "404": _json("There is no such KPI, or it is switched off", _ref("Error")),
                    "503": _UNAVAILABLE,
                },
            }
        },
        "/api/v1/openapi.json": {
            "get": {
                "summary": "This description",
                "responses": {"200": _json("OpenAPI 3.1", {"type": "object"})},
            }
        },
        "/metrics": {
            "get": {
                "summary": "Everything for Prometheus, as text or, if asked for, as OpenMetrics",
                "responses": {
                    "200": {
                        "description": "The metrics",
                        "content": {
                            "text/plain": {"schema": _TEXT},
                            "application/openmetrics-text": {"schema": _TEXT},
                        },
                    }
                },
            }
        },
        "/healthz": {
            "get": {
                "summary": "Whether the process is alive, also while it catches up",
                "responses": {"200": {"description": "Alive", "content": {"text/plain": {"schema": _TEXT}}}},
            }
        },
        "/readyz": {
            "get": {
                "summary": "Whether the exporter has caught up",
                "responses": {
                    "200": _json("It has", _ref("Health")),
                    "503": _json("It has not", _ref("Health")),
                },
            }
        },
    },
    "security": [{}, {"users": []}],
    "components": {
        "schemas": _SCHEMAS,
        "securitySchemes": {
            "users": {
                "type": "http",
                "scheme": "basic",
                "description": "If exporter.users_file is set; health is open even then",
            }
        },
    },
}
