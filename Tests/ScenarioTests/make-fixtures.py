#!/usr/bin/env python3
"""Folds recorded rows into Fixtures: make-fixtures.py ROWS.jsonl OBJECTS-FOLDER

One line for each setting, Service, frontend and source: where it connects to, and what comes of it, by protocol and family.
Rows in which chance decides are left out; in those of session affinity, `one:` says that a single one of them answers.
"""
import json, os, sys

rows_file, folder = sys.argv[1:]
out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "Fixtures")
groups = {}
for line in open(rows_file):
    row = json.loads(line)
    result = row["result"]
    if "undetermined" in result:
        continue
    key, probe = row["id"].rsplit("/", 1)
    group = groups.setdefault(key, {"to": {}, "from": {}, "outcomes": {}, "port": row["to"]["port"]})
    group["to"][row["family"]] = row["to"]["address"]
    group["from"][row["family"]] = row["from"]["address"]
    group["port"] = max(group["port"], row["to"]["port"])
    if "refused" in result:
        outcome = result["refused"].replace(" ", "-")
    else:
        outcome = " ".join(f"{name}<{source}" for name, source in sorted(result["source_seen_as"].items()))
        if "failed" in result:
            outcome += " !" + ",".join(sorted(result["failed"]))
        if "affinity" in result:
            outcome = "one: " + outcome
    group["outcomes"].setdefault(outcome, []).append(probe)

with open(os.path.join(out, "rows.txt"), "w") as file:
    for key, group in groups.items():
        setting, rest = key.split(":", 1)
        places = [group[part].get(family, "-") for part in ("from", "to") for family in ("IPv4", "IPv6")]
        outcomes = " ; ".join(f"{','.join(probes)}: {outcome}" for outcome, probes in group["outcomes"].items())
        print(setting, *rest.split("/"), *places, group["port"], "|", outcomes, file=file)

items = []
for name in sorted(os.listdir(folder)):
    content = json.load(open(os.path.join(folder, name)))
    items += content["items"] if content.get("kind") == "List" else [content]
with open(os.path.join(out, "objects.json"), "w") as file:
    lines = ",\n".join(json.dumps(item, separators=(",", ":")) for item in items)
    file.write('{"apiVersion":"v1","kind":"List","items":[\n' + lines + "\n]}\n")
