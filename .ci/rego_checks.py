#!/usr/bin/env python3
"""Checks the Rego policies on a stock OPA engine, and compares its findings with the scanner's.

    python3 .ci/rego_checks.py policies [--documents FILE.jsonl --expected FILE.jsonl]

Needs PyYAML and opa-golib-python-bindings (OPA itself, as a library). FILE.jsonl holds one JSON value per line: the
input documents, and for each what the scanner found: {"<policy-id>": {"deny": [...], "unknown": [...]}, ...}.
"""

import argparse
import collections
import copy
import json
import pathlib
import re
import sys

import yaml
from opa_bindings import OpaEngine, OpaError

SEVERITIES = {"critical", "high", "medium", "low", "note"}
READS = {"tasks", "agent_pools", "service_tag", "role_assignments", "role_definitions", "usages", "task_credentials",
         "preview", "subnet_rules", "runs", "network"}
TYPES = {"boolean": bool, "number": (int, float), "string": str, "array": list}
METADATA_KEYS = {"scope", "title", "description", "related_resources", "custom"}
CUSTOM_KEYS = {"severity", "profile", "remediation", "reads", "controls", "parameters"}
NULLS = dict.fromkeys(
    ["schema_version", "registry", "tasks", "agent_pools", "role_assignments", "usages", "preview",
     "task_credentials", "task_needs", "role_definitions", "firewall", "service_tag", "origin"])
ODD_VALUES = [None, "odd", 7, [None], {"odd": ["odd"]}]
# What regorus lacks, or answers differently.
NOT_PORTABLE = {
    r":= walk\(": "[p, v] := walk(x)",
    r"\$\"": "string interpolation",
    r"rego\.metadata": "rego.metadata.*",
    r"strings\.count": "strings.count",
    r"net\.cidr_(merge|intersects|contains_matches|overlap)": "a net.cidr_* built-in regorus lacks",
    r"sprintf\(\"[^\"]*%[-+ #0-9.]": "sprintf flags or width",
}


class Tally:
    def __init__(self):
        self.passed, self.failed = 0, 0

    def check(self, ok, what):
        if ok:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL {what}")
        return ok


class Policy:
    """A policy folder: its package, its METADATA and its examples."""

    def __init__(self, path):
        self.path, self.name = path, path.parent.name
        self.id, self.source = self.name.replace("_", "-"), path.read_text("utf-8")
        block = re.search(r"^# METADATA\n((?:#.*\n)+)package ", self.source, re.M)
        self.metadata = yaml.safe_load(re.sub(r"^# ?", "", block[1], flags=re.M)) if block else {}
        self.custom = self.metadata.get("custom") or {}
        self.parameters = self.custom.get("parameters") or {}
        examples = path.parent / "examples.yaml"
        self.examples = yaml.safe_load(examples.read_text("utf-8")) if examples.exists() else {}

    def defaults(self):
        return {name: spec.get("default") for name, spec in self.parameters.items()}


def engine(sources, data=None):
    opa = OpaEngine()
    for name, text in sources.items():
        opa.add_policy(name, text)
    if data:
        opa.add_data(data)
    return opa


def findings(opa, policy, document, parameters=None):
    """{"deny": [...], "unknown": [...]} of one policy on one document."""
    query = f'x := {{"deny": data.acr.{policy.name}.deny, "unknown": data.acr.{policy.name}.unknown}}'
    if parameters is not None:
        query += f" with data.parameters.{policy.name} as {json.dumps(parameters)}"
    return opa.eval_query(query, document)[0]["x"]


def findings_of_all(opa, policies, document):
    """The same of all policies, by id: in one evaluation they share what the library works out."""
    both = "{{\"deny\": data.acr.{0}.deny, \"unknown\": data.acr.{0}.unknown}}"
    members = ", ".join(f"{json.dumps(policy.id)}: {both.format(policy.name)}" for policy in policies)
    return opa.eval_query(f"x := {{{members}}}", document)[0]["x"]


def shape_fault(policy, kind, finding):
    """What is wrong with the shape of a finding, or None."""
    own = {"evidence", "fix", "severity"} if kind == "deny" else {"reason", "evidence"}
    allowed = {"msg", "field", "key"} | own
    if not isinstance(finding, dict) or set(finding) - allowed:
        return "is no object of the allowed keys"
    if not isinstance(finding.get("msg"), str) or not finding["msg"] or finding["msg"].endswith("\n"):
        return "has no good msg"
    if not isinstance(finding.get("field"), str) or not finding["field"].startswith("/"):
        return "has no good field"
    if re.search(r"/\d+(/|$)", finding["field"]) and not isinstance(finding.get("key"), str):
        return "points into a list and has no key"
    if not isinstance(finding.get("evidence", {}), dict):
        return "has evidence that is no object"
    fix = finding.get("fix", [])
    if not isinstance(fix, list) or not all(isinstance(line, str) and line.startswith("az ") for line in fix):
        return "has a fix that is no list of az commands"
    if finding.get("severity", "high") not in SEVERITIES:
        return "has an unknown severity"
    return None


def check_shapes(tally, policy, result, where):
    for kind in ("deny", "unknown"):
        for finding in result[kind]:
            fault = shape_fault(policy, kind, finding)
            if fault:
                tally.check(False, f"{where}: a {kind} {fault}: {json.dumps(finding)}")


def check_text(tally, name, source):
    """What can be seen in the text: layout, portability, and what `opa check --strict` refuses."""
    faults = []
    for number, line in enumerate(source.splitlines(), 1):
        if len(line.expandtabs(4)) > 120:
            faults.append(f"{number}: longer than 120 columns")
        if line != line.rstrip() or re.match(r"\t* +\S", line):
            faults.append(f"{number}: white space that opa fmt would not leave")
        for pattern, what in NOT_PORTABLE.items():
            if not line.startswith("#") and re.search(pattern, line):
                faults.append(f"{number}: {what} is not the same on every engine")
    if not source.endswith("\n") or source.endswith("\n\n") or "\n\n\n" in source:
        faults.append("blank lines that opa fmt would not leave")
    code = re.sub(r"^\s*#.*$", "", source, flags=re.M)
    imports = re.findall(r"^import (data\.[\w.]+?(\w+))(?: as (\w+))?$", code, re.M)
    if [path for path, _, _ in imports] != sorted({path for path, _, _ in imports}):
        faults.append("imports are not sorted, or are repeated")
    for path, last, alias in imports:
        used = alias or path.rsplit(".", 1)[-1]
        if len(re.findall(rf"(?<![\w.]){used}\.", code)) < 1:
            faults.append(f"unused import {path}")
    for block in re.split(r"\n\n(?=\S)", code):
        text = re.sub(r'"(?:\\.|[^"\\])*"|`[^`]*`', '""', block)
        names = re.findall(r"^\t+(\w+) :=", text, re.M)
        for some in re.findall(r"\bsome ([\w, ]+) in\b", text) + re.findall(r"\bevery ([\w, ]+) in\b", text):
            names += re.split(r",\s*", some)
        head = re.match(r"\w+\(([^()]*)\) (?::=|if)", text)
        if head:
            names += [arg for arg in re.findall(r"\w+", head[1])]
        for variable in set(names) - {"_"}:
            if variable and not variable.isdigit() and len(re.findall(rf"(?<![\w.]){variable}\b", text)) < 2:
                faults.append(f"unused variable {variable} in `{block.strip().splitlines()[0]}`")
    tally.check(not faults, f"{name}: {'; '.join(faults)}")


def check_metadata(tally, policy):
    metadata, custom, faults = policy.metadata, policy.custom, []
    if not re.search(rf"^package acr\.{policy.name}$", policy.source, re.M):
        faults.append("package and folder disagree")
    if set(metadata) != METADATA_KEYS or metadata.get("scope") != "package":
        faults.append(f"METADATA keys {sorted(metadata)}")
    title = metadata.get("title") or ""
    if not title or len(title) > 80 or title.endswith("."):
        faults.append("title")
    if not metadata.get("description") or not metadata.get("related_resources"):
        faults.append("description or related_resources")
    if set(custom) != CUSTOM_KEYS:
        faults.append(f"custom keys {sorted(custom)}")
    if custom.get("severity") not in SEVERITIES or custom.get("profile") not in {"network", "hardening"}:
        faults.append("severity or profile")
    if not custom.get("remediation") or set(custom.get("reads") or []) - READS:
        faults.append("remediation or reads")
    for framework, ids in (custom.get("controls") or {}).items():
        if not ids or not all(isinstance(control, str) for control in ids):
            faults.append(f"controls of {framework}")
    for name, spec in policy.parameters.items():
        if not {"default", "type", "description"} <= set(spec) <= {"default", "type", "description", "minimum", "maximum", "pattern", "enum", "items"} or not isinstance(spec["default"], TYPES[spec["type"]]):
            faults.append(f"parameter {name}")
    used = set(re.findall(rf"data\.parameters\.{policy.name}\.(\w+)", policy.source))
    if used != set(policy.parameters) or len(re.findall(r"data\.parameters\.", policy.source)) < len(used):
        faults.append(f"parameters declared {sorted(policy.parameters)}, used {sorted(used)}")
    for kind in ("bad", "good", "unknown"):
        if not (policy.examples or {}).get(kind):
            faults.append(f"no {kind} example")
    tally.check(not faults, f"{policy.id}: METADATA, parameters or examples: {', '.join(faults)}")


def check_tests(tally, opa, sources):
    """Every test_* rule is true, and together they leave no line of a policy or library uncovered."""
    covered, missed = collections.defaultdict(set), collections.defaultdict(set)
    for name, source in sources.items():
        package = re.search(r"^package (\S+)$", source, re.M)[1]
        if not package.endswith("_test"):
            continue
        tests = re.findall(r"^(test_\w+)", source, re.M)
        try:
            values = opa.eval_document(package, {}, coverage=True)
        except OpaError as error:
            values = dict.fromkeys(tests, f"not to be told: {error}")
        for rule in tests:
            tally.check(values.get(rule) is True, f"{package}.{rule} is {values.get(rule, 'undefined')}")
        for file, report in ((opa.last_coverage or {}).get("files") or {}).items():
            for kind, lines in (("covered", covered), ("not_covered", missed)):
                lines[file].update(span["start"]["row"] for span in report.get(kind) or [])
        repeated = {rule for rule in tests if tests.count(rule) > 1}
        tally.check(not repeated, f"{package}: repeated tests {sorted(repeated)}")
    for file in sources:
        if not file.endswith("_test.rego"):
            lines = sorted(missed[file] - covered[file])
            tally.check(covered[file] and not lines, f"{file}: lines no test reaches: {lines}")


def check_examples(tally, opa, policy):
    for kind in ("bad", "good", "unknown"):
        for example in policy.examples.get(kind) or []:
            where = f"{policy.id}, {kind} example {example.get('name')!r}"
            parameters = policy.defaults() | (example.get("parameters") or {})
            try:
                result = findings(opa, policy, example["input"], parameters)
            except OpaError as error:
                tally.check(False, f"{where}: {error}")
                continue
            deny, unknown = bool(result["deny"]), bool(result["unknown"])
            verdict = {"bad": deny, "good": not deny and not unknown, "unknown": unknown and not deny}[kind]
            tally.check(verdict, f"{where}: {json.dumps(result)}")
            check_shapes(tally, policy, result, where)


def nodes(value, path=()):
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from nodes(child, path + (key,))


def replaced(document, path, value):
    document = copy.deepcopy(document)
    parent = document
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return document


def check_odd_documents(tally, opa, policy):
    """Nothing read gives a finding; odd types anywhere give no runtime error and well-formed findings."""
    for document in ({}, NULLS):
        result = findings(opa, policy, document)
        tally.check(result["deny"] or result["unknown"], f"{policy.id} passes on {json.dumps(document)[:60]}")
    faults = []
    for example in [entry for kind in policy.examples.values() for entry in kind]:
        for path in [path for path in nodes(example["input"]) if path]:
            for value in ODD_VALUES:
                try:
                    result = findings(opa, policy, replaced(example["input"], path, value))
                    faults += [shape_fault(policy, kind, finding) for kind in result for finding in result[kind]]
                except (OpaError, IndexError) as error:
                    faults.append(f"{'/'.join(map(str, path))} = {json.dumps(value)}: {error}")
    faults = [fault for fault in faults if fault]
    tally.check(not faults, f"{policy.id} on odd documents: {faults[:3]}")


def check_defaults(tally, opa, policy):
    """A parameter's rule has its METADATA default where no data is given."""
    for name, default in policy.defaults().items():
        value = opa.eval_document(f"acr.{policy.name}.{name}", {})
        tally.check(value == default, f"{policy.id}: {name} is {value!r}, METADATA says {default!r}")


def canonical(values):
    def plain(value):
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return int(value) if isinstance(value, float) and value.is_integer() else value

    return {json.dumps(plain(value), sort_keys=True, ensure_ascii=False) for value in values}


def compare(tally, sources, policies, documents, expected):
    """OPA's findings on the documents are those of the scanner, as sets."""
    opa = engine(
        {name: text for name, text in sources.items() if not name.endswith("_test.rego")},
        {"parameters": {policy.name: policy.defaults() for policy in policies}})
    documents = documents.read_text("utf-8").removesuffix("\n").split("\n")
    expected = expected.read_text("utf-8").removesuffix("\n").split("\n")
    if not tally.check(documents != [""], "no documents") or not tally.check(
            len(documents) == len(expected), f"{len(documents)} documents, {len(expected)} expected"):
        return
    for number, (document, line) in enumerate(zip(documents, expected), 1):
        document, line, differences = json.loads(document), json.loads(line), []
        if set(line) != {policy.id for policy in policies}:
            differences.append(f"policies differ: {sorted(set(line) ^ {policy.id for policy in policies})}")
        try:
            results = findings_of_all(opa, policies, document)
        except OpaError as error:
            results = {}
            differences.append(f"only OPA fails: {error}")
        for policy in policies:
            result = results.get(policy.id, {"deny": [], "unknown": []})
            for kind in ("deny", "unknown"):
                ours, theirs = canonical(line.get(policy.id, {}).get(kind, [])), canonical(result[kind])
                differences += [f"{policy.id} {kind}: only the scanner: {item}" for item in sorted(ours - theirs)]
                differences += [f"{policy.id} {kind}: only OPA: {item}" for item in sorted(theirs - ours)]
        tally.check(not differences, "\n     ".join([f"document {number}:", *differences[:5]]))
        if tally.failed >= 10:
            print("stopped at the tenth failure")
            return


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--documents", type=pathlib.Path)
    parser.add_argument("--expected", type=pathlib.Path)
    options = parser.parse_args()
    if bool(options.documents) != bool(options.expected):
        parser.error("--documents and --expected go together")

    tally = Tally()
    paths = sorted(options.root.rglob("*.rego"))
    sources = {path.relative_to(options.root).as_posix(): path.read_text("utf-8") for path in paths}
    policies = [Policy(path) for path in paths
                if path.parent.parent.name == "acr" and not path.stem.endswith("_test")]
    if not policies:
        print(f"no policies under {options.root}")
        return 1
    try:
        opa = engine(sources)
        opa.eval_query("data.acr", {})
    except OpaError as error:
        print(f"FAIL the policies do not compile: {error}")
        return 1
    for name, source in sources.items():
        check_text(tally, name, source)
    check_tests(tally, opa, sources)
    for policy in policies:
        check_metadata(tally, policy)
        check_defaults(tally, opa, policy)
        check_examples(tally, opa, policy)
        check_odd_documents(tally, opa, policy)
    if options.documents:
        compare(tally, sources, policies, options.documents, options.expected)
    print(f"{tally.passed} passed, {tally.failed} failed: {len(policies)} policies, {len(sources)} files")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
