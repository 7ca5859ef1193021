"""Which files are generated from the catalogue for Prometheus, and where they are in the repository."""

from __future__ import annotations

from app.catalogue.load import Catalogue
from app.catalogue.model import Kpi
from app.generation import names
from app.generation.context import Context
from app.generation.kpi_rules import has_alerts, kpi_group
from app.generation.kpi_tests import kpi_cases, minute_cases
from app.generation.operator import prometheus_rule, service_monitors
from app.generation.pipeline_rules import pipeline_group
from app.generation.pipeline_tests import pipeline_cases
from app.generation.rule_tests import rule_tests
from app.generation.rules import rule_file
from app.generation.runbooks import kpi_runbooks, pipeline_runbooks

_PIPELINE_SOURCE = "app/generation"


def alerting_kpis(catalogue: Catalogue) -> list[Kpi]:
    """Return the KPIs whose alerts are shipped: all that ask for some."""
    return [kpi for kpi in catalogue.values() if has_alerts(kpi)]


def prometheus_files(catalogue: Catalogue, context: Context) -> dict[str, str]:
    """Return the rule files and their tests by path."""
    service = names.PIPELINE_FILE
    files = {
        names.rules_file(service): rule_file([pipeline_group(context)], _PIPELINE_SOURCE),
        names.rule_tests_file(service): rule_tests(pipeline_cases(context), [service], _PIPELINE_SOURCE),
    }
    for kpi in alerting_kpis(catalogue):
        source = context.source(kpi.id)
        stems = [kpi.id]
        files[names.rules_file(kpi.id)] = rule_file([kpi_group(kpi, context)], source)
        if cases := kpi_cases(kpi, context):
            files[names.rule_tests_file(kpi.id)] = rule_tests(cases, stems, source)
        if cases := minute_cases(kpi, context):
            files[names.minute_tests_file(kpi.id)] = rule_tests(cases, stems, source)
    return files


def operator_files(catalogue: Catalogue, context: Context) -> dict[str, str]:
    """Return the same rules, and what is scraped, as resources of the Prometheus operator by path."""
    groups = [pipeline_group(context), *(kpi_group(kpi, context) for kpi in alerting_kpis(catalogue))]
    return {
        f"{names.OPERATOR_FOLDER}/prometheusrule.yaml": prometheus_rule(groups, _PIPELINE_SOURCE),
        f"{names.OPERATOR_FOLDER}/servicemonitor.yaml": service_monitors(_PIPELINE_SOURCE),
    }


def runbook_files(catalogue: Catalogue, context: Context) -> dict[str, str]:
    """Return a page for every alert that is shipped, by path."""
    pages = pipeline_runbooks(pipeline_group(context), context)
    for kpi in alerting_kpis(catalogue):
        pages |= kpi_runbooks(kpi, kpi_group(kpi, context), context)
    return {names.runbook_file(alert): text for alert, text in pages.items()}
