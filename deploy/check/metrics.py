"""Whether dashboard, rules and documentation speak of what is there.

metrics.py names                    each metric that dashboard and rules name is in deploy/prometheus/metrics
metrics.py alerts                   each alert has a test in which it fires, one in which it is silent, and its page's anchor
metrics.py expressions FILE         writes the dashboard's queries as recording rules, for promtool
metrics.py exposed FILE             all that FILE, an answer of /metrics, holds is in deploy/prometheus/metrics
"""
import json
import re
import sys

import yaml

RULES = yaml.safe_load(open("deploy/prometheus/rules.yaml"))["groups"]
TESTS = yaml.safe_load(open("deploy/prometheus/rules-test.yaml"))["tests"]
DASHBOARD = json.load(open("deploy/grafana/fairway-proxy.json"))
METRICS = {line.strip() for line in open("deploy/prometheus/metrics") if line.strip() and not line.startswith("#")}
# Prometheus' own.
OTHERS = {"up"}


def fail(complaints):
    if complaints:
        sys.exit("\n".join(complaints))


def base(name):
    """A histogram's own name."""
    short = re.sub(r"_(bucket|sum|count)$", "", name)
    return short if short in METRICS else name


def alerts():
    return [rule for group in RULES for rule in group["rules"]]


def queries():
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            yield f"dashboard, {panel['title']}", target["expr"]
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            yield f"dashboard, variable {variable['name']}", variable["definition"]
    for rule in alerts():
        yield rule["alert"], rule["expr"]


def named(query):
    """What a query names that can be a metric: what stands in no string, no label list, and calls nothing."""
    query = re.sub(r"\{[^}]*\}|\[[^]]*\]|\"[^\"]*\"", " ", query)
    query = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", query)
    words = re.findall(r"[a-zA-Z_:][a-zA-Z0-9_:]*(?!\s*\()\b", re.sub(r"label_values\((.*),[^,]*\)", r"\1", query))
    return {word for word in words if word not in ("and", "or", "unless", "bool", "offset", "e6")}


def names():
    fail([f"{where}: {name} is no metric of fairway-proxy"
          for where, query in queries() for name in sorted(named(query)) if base(name) not in METRICS | OTHERS])
    print(f"{len({base(name) for _, query in queries() for name in named(query)} - OTHERS)} of {len(METRICS)} metrics used")


def check_alerts():
    headings = {re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").strip().lower()).replace(" ", "-")
                for line in open("docs/operations.md") if line.startswith("#")}
    complaints = []
    for rule in alerts():
        name = rule["alert"]
        cases = [case for test in TESTS for case in test.get("alert_rule_test", []) if case["alertname"] == name]
        if not any(case.get("exp_alerts") for case in cases):
            complaints.append(f"{name} fires in no test")
        if not any(not case.get("exp_alerts") for case in cases):
            complaints.append(f"{name} is silent in no test")
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        if page != "docs/operations.md" or anchor not in headings:
            complaints.append(f"{name}: {rule['annotations']['runbook']} is not there")
        if not rule["annotations"].get("summary"):
            complaints.append(f"{name} has no summary")
    fail(complaints)
    print(f"{len(alerts())} alerts")


def expressions(path):
    variables = {"$__rate_interval": "5m", "$job": "fairway-proxy", "$instance": ".*"}
    rules = []
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            query = target["expr"]
            for name, value in variables.items():
                query = query.replace(name, value)
            rules.append({"record": f"panel:{panel['id']}:{target['refId']}", "expr": query})
    yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}, open(path, "w"))


def exposed(path):
    found = {line.split()[2] for line in open(path) if line.startswith("# TYPE ")}
    fail([f"{name} is exposed, and not in deploy/prometheus/metrics" for name in sorted(found - METRICS)])
    print(f"{len(found)} of {len(METRICS)} metrics without any cause; not yet: {', '.join(sorted(METRICS - found))}")


{"names": names, "alerts": check_alerts, "expressions": expressions, "exposed": exposed}[sys.argv[1]](*sys.argv[2:])
