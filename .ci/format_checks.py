"""Each report over the demo, held to what its reader takes: a published schema where there is one, else what the reader's
documentation or schema asks for, written down here.

Called with an acrscan binary; ocsf-json-schema, jsonschema and PyYAML are at hand.
"""

import csv
import io
import json
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ET
from pathlib import Path

import jsonschema
import yaml
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

ROOT = Path(__file__).resolve().parent.parent
BINARY = Path(sys.argv[1]).resolve()
FORMATS = ("azure-devops", "csv", "gitlab", "json", "junit", "ndjson", "ocsf", "sarif")

# Jenkins' xUnit plugin, junit-10.xsd: the attributes of each element, those that must be there first, and its children.
JENKINS = {
    "testsuites": ((), ("name", "time", "tests", "failures", "errors"), ("testsuite",)),
    "testsuite": (("name", "tests", "failures", "errors"), ("skipped", "time", "timestamp", "id"), ("properties", "testcase")),
    "properties": ((), (), ("property",)),
    "property": (("name", "value"), (), ()),
    "testcase": (("name",), ("classname", "time", "group"), ("skipped", "error", "failure", "system-out")),
    "skipped": ((), ("type", "message"), ()),
    "error": ((), ("type", "message"), ()),
    "failure": ((), ("type", "message"), ()),
}


def reports(*arguments):
    with tempfile.TemporaryDirectory() as folder:
        outputs = [word for name in FORMATS for word in ("-o", f"{name}={folder}/{name}")]
        ran = subprocess.run([BINARY, "scan", *arguments, *outputs], cwd=ROOT, check=False, capture_output=True)
        assert ran.returncode in (1, 2), ran.stderr
        return {name: (Path(folder) / name).read_text() for name in FORMATS if (Path(folder) / name).exists()}


class Formats(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scans = [
            reports("fixtures/contoso", "--profile", "all", "--sarif-target", "azure-devops"),
            reports("fixtures/infra", "--profile", "all", "--sarif-target", "azure-devops"),
        ]

    def each(self, name):
        for scan in self.scans:
            yield json.loads(scan["json"]), scan[name]

    def test_ocsf_is_as_the_published_schema_says(self):
        schemas = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.4.0"))
        validators = {}
        for report, text in self.each("ocsf"):
            events = json.loads(text)
            for event in events:
                profiles = tuple(event["metadata"].get("profiles", ()))
                if profiles not in validators:
                    schema = schemas.get_class_schema(class_name="compliance_finding", profiles=list(profiles))
                    validators[profiles] = jsonschema.Draft202012Validator(schema)
                errors = [f"{list(error.path)}: {error.message}" for error in validators[profiles].iter_errors(event)]
                self.assertEqual(errors, [], event)
            passed = sum(len(registry["passed"]) for registry in report["registries"])
            self.assertEqual(len(events), len(report["findings"]) + len(report["notifications"]) + passed)
            self.assertGreater(passed, 0)
            words = [event["compliance"]["status"] for event in events]
            self.assertEqual(words.count("Pass"), passed)

    def test_what_passed_is_what_junit_says_passed(self):
        for report, text in self.each("junit"):
            cases = ET.fromstring(text).iter("testcase")
            silent = {(case.get("classname"), case.get("name")) for case in cases if not list(case)}
            passed = {(registry["resource"], id) for registry in report["registries"] for id in registry["passed"]}
            self.assertEqual(passed, silent)

    def test_the_hash_is_that_of_the_saved_document(self):
        import hashlib

        with tempfile.TemporaryDirectory() as folder:
            command = [BINARY, "scan", "fixtures/contoso", "--save-inputs", f"{folder}/inputs", "-o", f"json={folder}/r"]
            subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
            saved = {hashlib.sha256(file.read_bytes()).hexdigest() for file in Path(folder, "inputs").iterdir()}
            told = {registry["document_sha256"] for registry in json.loads(Path(folder, "r").read_text())["registries"]}
            self.assertTrue(told and told <= saved)

    def test_junit_is_as_jenkins_schema_says(self):
        for _, text in self.each("junit"):
            for element in ET.fromstring(text).iter():
                required, optional, children = JENKINS[element.tag]
                self.assertLessEqual(set(required), set(element.attrib), element.tag)
                self.assertLessEqual(set(element.attrib), set(required) | set(optional), element.tag)
                self.assertLessEqual({child.tag for child in element}, set(children), element.tag)

    def test_gitlab_is_as_its_documentation_says(self):
        for _, text in self.each("gitlab"):
            issues = json.loads(text)
            self.assertTrue(issues)
            self.assertEqual(len({issue["fingerprint"] for issue in issues}), len(issues))
            for issue in issues:
                self.assertEqual(set(issue), {"description", "check_name", "fingerprint", "severity", "location"})
                self.assertIn(issue["severity"], ("info", "minor", "major", "critical", "blocker"))
                self.assertGreater(issue["location"]["lines"]["begin"], 0)
                self.assertFalse(issue["location"]["path"].startswith(("/", "./")))

    def test_rows_are_the_findings(self):
        for report, text in self.each("ndjson"):
            rows = [json.loads(line) for line in text.splitlines()]
            self.assertEqual(len(rows), len(report["findings"]) + len(report["notifications"]))
            self.assertTrue(all(not isinstance(value, (dict, list)) for row in rows for value in row.values()))
        for (report, text), (_, lines) in zip(self.each("csv"), self.each("ndjson")):
            rows = list(csv.DictReader(io.StringIO(text, newline="")))
            self.assertEqual([row["fingerprint"] for row in rows if row["fingerprint"]],
                             [finding["fingerprint"] for finding in report["findings"]])
            self.assertEqual(set(rows[0]), set(json.loads(lines.splitlines()[0])))
            self.assertFalse([cell for row in rows for cell in row.values() if cell.lstrip()[:1] in ("=", "+", "@")])

    def test_azure_devops_commands(self):
        for _, text in self.each("azure-devops"):
            commands = [line for line in text.splitlines() if "##" in line]
            for command in commands:
                self.assertRegex(command, r"^##vso\[task\.(logissue type=(error|warning);|complete result=Failed;)")
            self.assertTrue(commands[-1].startswith("##vso[task.complete "))

    def test_the_templates_are_yaml_and_call_what_there_is(self):
        options = subprocess.run([BINARY, "scan", "--help"], check=True, capture_output=True, text=True).stdout
        pipeline = (ROOT / "deploy/azure-pipelines/acrscan.yml").read_text()
        component = (ROOT / "deploy/gitlab/templates/acrscan.yml").read_text()
        self.assertIn("steps", yaml.safe_load(pipeline))
        self.assertEqual([set(part) for part in yaml.safe_load_all(component)], [{"spec"}, {"acrscan"}])
        for text in (pipeline, component):
            for word in ("--fail-on",):
                self.assertIn(word, text)
                self.assertIn(word, options)
        for step in [line for line in pipeline.splitlines() if "${{" in line]:
            self.assertNotRegex(step, r"^\s+(add|\"\$AGENT|arguments)", "a script holds an expression")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
