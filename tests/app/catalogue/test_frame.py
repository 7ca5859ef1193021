"""KPIs of every form that the catalogue will need, written as a user would write them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from app.catalogue.load import Catalogue, check_catalogue, parse_kpi
from app.catalogue.naming import family_names
from app.catalogue.pages import render_page
from streams.core.measures import Measure
from tests.app.catalogue.conftest import document

MEASURES = {
    measure.name: measure
    for measure in (
        Measure("answers", "edge", ("class", "survey", "plan"), "latest answers"),
        Measure("ratings", "event", ("good", "channel", "survey"), "answers to requests"),
        Measure("ratings_sum", "event", ("channel", "survey"), "sum of ratings"),
        Measure("requests", "event", ("answered", "channel", "survey"), "requests sent"),
        Measure("health", "edge", ("plan",), "sum of scores"),
        Measure("accounts", "edge", ("plan", "band"), "accounts by health"),
        Measure("mrr", "event", ("plan", "currency"), "minor units"),
        Measure("members", "edge", ("plan", "segment"), "customers with a subscription"),
        Measure("members_since", "edge", ("plan", "segment"), "those that are still customers"),
        Measure("active_days", "day", ("plan",), "customers by day"),
        Measure("active", "last", ("plan",), "customers"),
        Measure("open", "edge", ("channel",), "open conversations"),
        Measure("first_value", "event", ("plan", "bucket"), "first values"),
        Measure("first_value_ms", "event", ("plan",), "milliseconds"),
        Measure("waiting", "edge", ("plan",), "customers not there yet"),
        Measure("cohort", "event", ("plan",), "signups"),
        Measure("mentions", "event", ("network",), "mentions"),
        Measure("journey", "event", ("flow", "step", "moved"), "customers decided at a step"),
    )
}

FORMS = """
nps:
  kind: score
  unit: points
  value: {form: score, read: {measure: answers, how: edge}, weights: {promoter: 100, passive: 0, detractor: -100}}
  dimensions: [{name: survey}, {name: plan}]
  families:
    kpi_nps_score: [survey, plan]
    kpi_nps_responses: [class, survey, plan]
csat:
  kind: ratio
  value:
    form: ratio
    numerator: {measure: ratings, how: event, where: {good: ["1"]}}
    denominator: {measure: ratings, how: event}
  windows: [1h, 7d]
  dimensions: [{name: channel}, {name: survey}]
  extras:
    - suffix: mean
      value: {form: ratio, numerator: {measure: ratings_sum, how: event}, denominator: {measure: ratings, how: event}}
      dimensions: [{name: channel}, {name: survey}]
    - suffix: response_ratio
      value:
        form: ratio
        numerator: {measure: requests, how: event, where: {answered: ["1"]}}
        denominator: {measure: requests, how: event}
      dimensions: [{name: channel}, {name: survey}]
  families:
    kpi_csat_ratio: [window, channel, survey]
    kpi_csat_numerator: [window, channel, survey]
    kpi_csat_denominator: [window, channel, survey]
    kpi_csat_mean: [window, channel, survey]
    kpi_csat_response_ratio: [window, channel, survey]
health_score:
  kind: score
  unit: points
  value: {form: score, read: {measure: accounts, how: edge}, field: band, sums: {measure: health, how: edge}, label: null}
  dimensions: [{name: plan}]
  extras:
    - suffix: accounts
      value: {form: level, read: {measure: accounts, how: edge}}
      dimensions: [{name: plan}, {name: band}]
  families:
    kpi_health_score: [plan]
    kpi_health_score_accounts: [plan, band]
expansion_mrr:
  kind: amount
  unit: minor units
  value: {form: level, read: {measure: mrr, how: event}}
  windows: [1d, 30d]
  dimensions: [{name: plan}, {name: currency, overall: false}]
  families:
    kpi_expansion_mrr_minor_units: [window, plan, currency]
churn:
  kind: ratio
  better: lower
  value:
    form: ratio
    numerator: {measure: members_since, how: edge, at: start}
    denominator: {measure: members, how: edge, at: start}
  windows: [7d, 30d]
  dimensions: [{name: plan}, {name: segment}]
  families:
    kpi_churn_ratio: [window, plan, segment]
    kpi_churn_numerator: [window, plan, segment]
    kpi_churn_denominator: [window, plan, segment]
usage_frequency_days:
  kind: quotient
  unit: days
  metric: usage_frequency_daily
  value: {form: ratio, numerator: {measure: active_days, how: day}, denominator: {measure: active, how: last}}
  windows: [7d, 30d]
  dimensions: [{name: plan}]
  families:
    kpi_usage_frequency_daily_quotient: [window, plan]
    kpi_usage_frequency_daily_numerator: [window, plan]
    kpi_usage_frequency_daily_denominator: [window, plan]
open_conversations:
  kind: level
  unit: conversations
  better: lower
  value: {form: level, read: {measure: open, how: edge}}
  dimensions: [{name: channel}]
  families:
    kpi_open_conversations: [channel]
time_to_first_value:
  kind: seconds
  unit: seconds
  better: lower
  value: {form: distribution, read: {measure: first_value, how: event}, sums: {measure: first_value_ms, how: event}}
  windows: [1d, 30d]
  dimensions: [{name: plan}]
  extras:
    - suffix: waiting
      value: {form: level, read: {measure: waiting, how: edge}}
      dimensions: [{name: plan}]
  families:
    kpi_time_to_first_value_seconds: [window, stat, plan]
    kpi_time_to_first_value_observations: [window, plan]
    kpi_time_to_first_value_waiting: [plan]
results_of_searches:
  kind: distribution
  unit: results
  value: {form: distribution, read: {measure: first_value, how: event}, sums: {measure: first_value_ms, how: event}}
  windows: [1h, 30d]
  dimensions: [{name: plan}]
  families:
    kpi_results_of_searches_distribution: [window, stat, plan]
    kpi_results_of_searches_observations: [window, plan]
retention_d7:
  kind: ratio
  value: {form: computed, function: "app.evaluation.cohorts:retention", measures: [cohort], split: mode, windowed: false}
  dimensions: [{name: cohort}, {name: plan}]
  families:
    kpi_retention_d7_ratio: [mode, cohort, plan]
    kpi_retention_d7_numerator: [mode, cohort, plan]
    kpi_retention_d7_denominator: [cohort, plan]
social_mentions:
  kind: count
  unit: mentions
  enabled: false
  value: {form: level, read: {measure: mentions, how: event}}
  windows: [1h, 1d]
  dimensions: [{name: network}]
  families:
    kpi_social_mentions: [window, network]
drop_off:
  kind: ratio
  better: lower
  value:
    form: ratio
    numerator: {measure: journey, how: event, where: {moved: ["0"]}}
    denominator: {measure: journey, how: event}
  windows: [7d]
  dimensions: [{name: flow}, {name: step}]
  families:
    kpi_drop_off_ratio: [window, flow, step]
    kpi_drop_off_numerator: [window, flow, step]
    kpi_drop_off_denominator: [window, flow, step]
"""

WRITTEN: dict[str, dict[str, Any]] = yaml.safe_load(FORMS)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_kpi_of_another_form_is_data_alone(name: str) -> None:
    written = dict(WRITTEN[name])
    expected = {family: tuple(labels) for family, labels in written.pop("families").items()}
    stem = written.get("metric", name)
    suffixes = [family.removeprefix(f"kpi_{stem}").removeprefix("_") for family in expected]
    roles = ["value", *(suffix for suffix in suffixes[1:])]
    base = document(id=name, windows=[], dimensions=[], help=dict.fromkeys(roles, f"A line about {name}"))
    kpi = parse_kpi(base | written, f"{name}.yaml")

    check_catalogue(Catalogue({name: kpi}, {"support": "Support"}), MEASURES)
    assert {family.name: family.labels for family in family_names(kpi)} == expected
    page = render_page(kpi, "Support")
    assert all(f"| `{family}` |" in page for family in expected)
