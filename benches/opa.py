"""Stock OPA over the documents that benches/policies.rs gives it: prints registries a second, on one thread.

    python3 benches/opa.py policies DOCUMENTS EXPECTED DATA

Exits with 1 where OPA's results are not those expected.
"""

import json
import pathlib
import sys
import time

from opa_bindings import OpaEngine

policies, documents, expected, data = map(pathlib.Path, sys.argv[1:])
opa = OpaEngine()
names = []
for path in sorted(policies.rglob("*.rego")):
    if not path.stem.endswith("_test"):
        opa.add_policy(str(path), path.read_text("utf-8"))
        if path.parts[-3] == "acr":
            names.append(path.stem)
opa.add_data(json.loads(data.read_text("utf-8")))
members = ", ".join(
    f'"{name.replace("_", "-")}": {{"deny": data.acr.{name}.deny, "unknown": data.acr.{name}.unknown}}' for name in names
)
opa.add_policy("aggregate.rego", f"package acrscan_aggregate\n\nresults := {{{members}}}\n")
lines = documents.read_text("utf-8").splitlines()
query = "x := data.acrscan_aggregate.results"
opa.eval_query(query, json.loads(lines[0]))

best, results = None, None
for _ in range(3):
    start = time.perf_counter()
    results = [opa.eval_query(query, json.loads(line))[0]["x"] for line in lines]
    elapsed = time.perf_counter() - start
    best = elapsed if best is None else min(best, elapsed)


def canonical(result):
    """Sets have no order."""
    return {
        policy: {rule: sorted(json.dumps(item, sort_keys=True) for item in items) for rule, items in said.items()}
        for policy, said in result.items()
    }


for number, (line, result) in enumerate(zip(expected.read_text("utf-8").splitlines(), results)):
    if canonical(json.loads(line)) != canonical(result):
        sys.exit(f"document {number}: OPA says otherwise")
print(len(lines) / best)
