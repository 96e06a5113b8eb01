"""Alert rules and dashboard ask for metrics that there are, and each metric is asked for."""

import json
import re

import pytest
import yaml

from tools.deployment import ROOT

ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "dashboard.json"
OF_PROMETHEUS = {"up", "absent", "increase", "or", "and", "job", "of", "time"}
NAME = re.compile(r"\b[a-z_]+\b")
NO_FAULT = {"texts_opt_outs", "texts_sent_again", "texts_segments_sent", "texts", "alerts_open",
            "texts_latency_seconds", "texts_receipts"}  # fmt: skip
"""Figures of which no number is wrong by itself."""


@pytest.fixture
def there(client, db):
    """Every metric that /metrics has, also those that show only while something is amiss."""
    said = client.get("/metrics").content.decode()
    assert "texts_oldest_due_seconds" in said
    return set(re.findall(r"^# TYPE (\w+) ", said, re.MULTILINE))


def names_of(expression):
    bare = re.sub(r'"[^"]*"|\[\w+\]|\b\d+\w?\b', "", expression)
    return set(NAME.findall(bare)) - OF_PROMETHEUS


def rules():
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    return group["rules"]


def asked_by_the_dashboard():
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return {target["expr"] for panel in panels for target in panel["targets"]}


def test_every_metric_that_an_alert_or_a_panel_names_is_there(there):
    asked = {rule["expr"] for rule in rules()} | asked_by_the_dashboard()
    named = set().union(*map(names_of, asked))

    assert len(named) > 10
    assert named - there == set()


def test_every_metric_is_on_the_dashboard_and_what_can_be_wrong_has_an_alert(there):
    shown = set().union(*map(names_of, asked_by_the_dashboard()))
    alarmed = set().union(*(names_of(rule["expr"]) for rule in rules()))

    assert there - shown == set()
    assert there - alarmed - NO_FAULT == set()


def test_every_alert_says_how_bad_it_is_and_what_to_do():
    found = rules()
    assert len({rule["alert"] for rule in found}) == len(found)
    for rule in found:
        assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
        assert rule["annotations"]["summary"], rule["alert"]
        assert rule["annotations"]["do"], rule["alert"]


def test_labels_that_are_asked_for_are_there(client, db):
    said = client.get("/metrics").content.decode()

    for label in ('heartbeat_age_seconds{of="beat"}', 'heartbeat_age_seconds{of="worker"}'):
        assert label in said
