"""What GitHub would read of this repository: the action, its own and the documentation's workflows, templates, the hook.

Called with the folder of a virtual environment that has zizmor, check-jsonschema, pre-commit and PyYAML, and with an
acrscan binary. The action's scripts run with bash over real files; nothing here reaches GitHub.
"""

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.parse
from pathlib import Path

import yaml

import actions_runner

ROOT = Path(__file__).resolve().parent.parent
TOOLS, BINARY = Path(sys.argv[1]) / "bin", Path(sys.argv[2]).resolve()

OPEN = """\
resource "azurerm_container_registry" "open" {
  name                          = "contosoopen"
  resource_group_name           = "rg"
  location                      = "eastus"
  sku                           = "Premium"
  public_network_access_enabled = true
}
"""
CLOSED = """\
resource "azurerm_container_registry" "closed" {
  name                          = "contosoclosed"
  resource_group_name           = "rg"
  location                      = "eastus"
  sku                           = "Premium"
  public_network_access_enabled = false
  network_rule_bypass_option    = "None"
}

resource "azurerm_private_endpoint" "closed" {
  name                = "closed"
  resource_group_name = "rg"
  location            = "eastus"
  subnet_id           = "/subscriptions/5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
  private_service_connection {
    name                           = "closed"
    private_connection_resource_id = azurerm_container_registry.closed.id
    subresource_names              = ["registry"]
    is_manual_connection           = false
  }
  private_dns_zone_group {
    name                 = "closed"
    private_dns_zone_ids = ["/subscriptions/5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4/resourceGroups/rg/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io"]
  }
}
"""
BROKEN = 'resource "azurerm_container_registry" "broken" {\n  name = \n'


GITHUB = ROOT / ".github"


def yaml_blocks():
    """What the documentation shows in YAML, but for the policies' examples."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs/guides").glob("*.md"))]
    return [block + "\n" for page in pages for block in re.findall(r"```yaml\n(.*?)\n```", page.read_text(), re.S)]


def examples():
    """The documentation's workflows, by name."""
    found = {yaml.safe_load(block)["name"]: block for block in yaml_blocks() if re.search(r"^jobs:", block, re.M)}
    assert len(found) == 2, f"the documentation shows two workflows, not {list(found)}"
    return found


def own_workflows():
    """This repository's workflows, by name."""
    found = {file.stem: file.read_text() for file in sorted((GITHUB / "workflows").iterdir())}
    assert "ci" in found, list(found)
    return found


def passes(*command, cwd=ROOT):
    ran = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert ran.returncode == 0, f"{' '.join(map(str, command))}\n{ran.stdout}"


class Static(unittest.TestCase):
    """Validators, over the files as a repository would have them."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.repository = Path(folder.name)
        self.workflows = self.repository / ".github/workflows"
        self.workflows.mkdir(parents=True)
        for name, text in (examples() | own_workflows()).items():
            (self.workflows / f"{name}.yml").write_text(text)
        (self.repository / ".github/dependabot.yml").write_text((GITHUB / "dependabot.yml").read_text())
        (self.repository / "action.yml").write_text((ROOT / "action.yml").read_text())

    def test_zizmor_finds_nothing(self):
        zizmor = (TOOLS / "zizmor", "--offline", "--no-config", "--no-progress")
        passes(*zizmor, "--persona=auditor", self.repository / "action.yml")
        passes(*zizmor, *self.workflows.iterdir())
        own = [self.workflows / f"{name}.yml" for name in own_workflows()]
        passes(*zizmor, "--persona=auditor", *own, self.repository / ".github/dependabot.yml")

    def test_schemas(self):
        check = TOOLS / "check-jsonschema"
        passes(check, "--builtin-schema", "vendor.github-workflows", *self.workflows.iterdir())
        passes(check, "--builtin-schema", "vendor.github-actions", self.repository / "action.yml")
        passes(check, "--builtin-schema", "vendor.dependabot", GITHUB / "dependabot.yml")
        forms = sorted((GITHUB / "ISSUE_TEMPLATE").iterdir())
        passes(check, "--builtin-schema", "vendor.github-issue-config", *[f for f in forms if f.stem == "config"])
        passes(check, "--builtin-schema", "vendor.github-issue-forms", *[f for f in forms if f.stem != "config"])
        passes(TOOLS / "pre-commit", "validate-manifest", ROOT / ".pre-commit-hooks.yaml")
        config = self.repository / ".pre-commit-config.yaml"
        config.write_text("\n".join(block for block in yaml_blocks() if block.startswith("repos:")))
        passes(TOOLS / "pre-commit", "validate-config", config)

    def test_the_image_is_clean_and_a_release_is_named_as_it_is_looked_for(self):
        passes(TOOLS / "hadolint", "--failure-threshold", "style", ROOT / "Dockerfile")
        image = (ROOT / "Dockerfile").read_text()
        self.assertRegex(image, r"(?m)^USER [1-9][0-9]*:[1-9][0-9]*$")
        self.assertNotRegex(image, r"(?m)^(RUN|SHELL)\b")
        manifest = (ROOT / "Cargo.toml").read_text()
        self.assertIn("/releases/download/v{ version }/acrscan-v{ version }-{ target }.tar.gz", manifest)
        self.assertIn("name=acrscan-v$version-$1", (ROOT / ".ci/release.sh").read_text())
        targets = set(re.findall(r"target: ([\w-]+)", own_workflows()["release"]))
        allowed = set(re.findall(r'^  "([\w-]+)",$', (ROOT / "deny.toml").read_text().split("]")[1], re.M))
        self.assertEqual(targets, allowed, "cargo deny judges the platforms of the releases")

    def test_every_action_is_pinned_and_says_to_what(self):
        for text in [(ROOT / "action.yml").read_text(), *examples().values(), *own_workflows().values()]:
            for line in re.findall(r"uses: .*", text):
                self.assertRegex(line, r"^uses: [\w-]+/[\w/-]+@[0-9a-f]{40} # \S")

    def test_no_script_holds_an_expression(self):
        for step in yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]:
            self.assertNotIn("${{", step.get("run", ""))

    def test_ci_runs_what_this_project_runs(self):
        steps = [step for job in yaml.safe_load(own_workflows()["ci"])["jobs"].values() for step in job["steps"]]
        self.assertIn("bash .ci/run", [step.get("run", "").strip() for step in steps])

    def test_the_page_of_the_action_names_what_it_takes_and_gives(self):
        page = (ROOT / "docs/action.md").read_text()
        action = yaml.safe_load((ROOT / "action.yml").read_text())
        inputs = {name: (default, text) for name, default, text in re.findall(r"^\| `([\w-]+)` \| (.*?) \| (.*) \|$", page, re.M)}
        outputs = dict(re.findall(r"^\| `([\w-]+)` \| ([^|]*) \|$", page, re.M))
        self.assertEqual((set(inputs), set(outputs)), (set(action["inputs"]), set(action["outputs"])))
        for name, given in action["inputs"].items():
            default = f"`{given['default']}`" if given["default"] else ""
            self.assertEqual(inputs[name], (default, " ".join(given["description"].split())))
        for name, given in action["outputs"].items():
            self.assertEqual(outputs[name], given["description"], name)

    def test_the_workflows_give_the_action_what_it_takes(self):
        inputs = yaml.safe_load((ROOT / "action.yml").read_text())["inputs"]
        for name, text in own_workflows().items():
            self.assertEqual(yaml.safe_load(text)["permissions"], {}, name)
        for name, text in examples().items():
            document = yaml.safe_load(text)
            self.assertEqual(document["permissions"], {})
            given = [step.get("with", {}) for job in document["jobs"].values() for step in job["steps"]
                     if step.get("uses", "").split("@")[0] == "OWNER/acrscan"]
            self.assertEqual(len(given), 1, name)
            self.assertLessEqual(set(given[0]), set(inputs), name)


class Action(unittest.TestCase):
    """The action's own scripts, with the real binary on PATH."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.workspace = Path(folder.name) / "work space"
        self.workspace.mkdir()
        self.uploads = []
        self.given = []

    def write(self, name, text):
        file = self.workspace / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def commit(self, files):
        """The hash of a commit of the workspace's main branch with these files."""
        git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.com")
        passes(*git, "init", "-q", cwd=self.workspace)
        for name, text in files.items():
            self.write(name, text)
        passes(*git, "add", "-A", cwd=self.workspace)
        passes(*git, "commit", "-q", "-m", "a", cwd=self.workspace)
        return subprocess.run([*git, "rev-parse", "HEAD"], cwd=self.workspace, stdout=subprocess.PIPE, text=True,
                              check=True).stdout.strip()

    def run_action(self, upload="success", github=None, why=(200, []), sarif_id="", environment=None, **inputs):
        """`why` is what GitHub answers to whoever asks after a refused upload."""

        def answer(given):
            self.uploads.append(json.loads(Path(given["sarif_file"]).read_text()))
            self.given.append(given)
            return upload, {"sarif-id": sarif_id} if sarif_id else {}

        def unexpected(given):
            raise AssertionError(f"acrscan is on PATH, and yet: {given}")

        answers = {"github/codeql-action/upload-sarif": answer}
        answers |= {f"actions/cache/{verb}": unexpected for verb in ("restore", "save")}
        tools = self.workspace.parent / "tools"
        tools.mkdir(exist_ok=True)
        (tools / "answer.json").write_text(json.dumps(why[1]))
        (tools / "curl").write_text(f"""#!/bin/bash
grep -q 'Bearer secret' || exit 9
for argument; do case $argument in *secret*) exit 9 ;; esac; done
while [ "$1" != --output ]; do shift; done
cp '{tools}/answer.json' "$2"
printf {why[0]}
""")
        (tools / "curl").chmod(0o755)
        given = environment or {}
        environment = {"PATH": f"{tools}{os.pathsep}{BINARY.parent}{os.pathsep}{os.environ['PATH']}"}
        environment |= {"GITHUB_API_URL": "https://api.github.com", "GITHUB_REPOSITORY": "contoso/infra"}
        environment |= {"GITHUB_SERVER_URL": "file:///nonexistent"} | given
        inputs = {name.replace("_", "-"): value for name, value in inputs.items()}
        github = {"token": "secret"} | (github or {})
        return actions_runner.run(ROOT / "action.yml", self.workspace, inputs, github, answers, environment)

    def categories(self):
        return [run["automationDetails"]["id"] for sarif in self.uploads for run in sarif["runs"]]

    def results(self):
        return [result for sarif in self.uploads for run in sarif["runs"] for result in run["results"]]

    def assert_ends(self, run, code):
        self.assertEqual((run.outputs["exit-code"], run.code, run.failed), (str(code), code, code != 0), run.log)

    def test_nothing_to_fail_on(self):
        self.write("main.tf", CLOSED)
        run = self.run_action()
        self.assert_ends(run, 0)
        self.assertEqual(len(self.uploads), 1)
        self.assertEqual(self.results(), [])
        self.assertEqual(actions_runner.obeyed(run.log), [])
        self.assertIn("acrscan", run.summary)

    def test_findings_are_uploaded_shown_and_enforced(self):
        self.write("infra/main.tf", OPEN)
        run = self.run_action()
        self.assert_ends(run, 1)
        places = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in self.results()}
        self.assertEqual(places, {"infra/main.tf"})
        commands = actions_runner.obeyed(run.log)
        self.assertTrue(any("file=infra/main.tf" in command for command in commands), commands)
        self.assertTrue(commands[-1].startswith("::error title=acrscan::There are findings"), commands)
        self.assertIn("public-network-access", run.summary)

    def test_the_threshold_decides(self):
        self.write("main.tf", OPEN)
        run = self.run_action(fail_on="never")
        self.assert_ends(run, 0)
        self.assertNotEqual(self.results(), [])

    def test_what_was_not_read_fails_and_touches_no_alert(self):
        self.write("a/main.tf", OPEN)
        self.write("b/main.tf", BROKEN)
        run = self.run_action()
        self.assert_ends(run, 2)
        self.assertEqual((run.outputs["sarif-file"], self.uploads), ("", []))
        self.assertIn("Nothing was uploaded", run.summary)
        self.assertIn("b/main.tf", run.log)

    def test_nothing_recognised_fails(self):
        self.write("README.md", "nothing\n")
        run = self.run_action()
        self.assert_ends(run, 2)
        self.assertIn("could not tell", run.summary)

    def test_a_bad_input_fails(self):
        self.write("main.tf", CLOSED)
        for name, value in [("fail_on_new", "yes"), ("summary", ""), ("upload_sarif", "$(touch pwned)")]:
            run = self.run_action(**{name: value})
            self.assert_ends(run, 2)
            self.assertTrue(any(name.replace("_", "-") in line for line in actions_runner.obeyed(run.log)), run.log)
        for name, value in [("fail_on", "worst"), ("profile", "--help"), ("config", "-"), ("baseline", "no such file")]:
            self.assert_ends(self.run_action(**{name: value}), 2)
        self.assertFalse((self.workspace / "pwned").exists())

    def test_code_scanning_not_enabled_is_said_and_still_gates(self):
        self.write("main.tf", OPEN)
        words = "Code Security must be enabled for this repository to use code scanning."
        off = {"upload": "failure", "why": (403, {"message": words})}
        run = self.run_action(**off)
        self.assert_ends(run, 1)
        self.assertIn(f"GitHub says: {words} (HTTP 403)", run.summary)
        self.write("main.tf", CLOSED)
        self.assert_ends(self.run_action(**off), 0)
        run = self.run_action(**off, upload_sarif="true")
        self.assertEqual((run.outputs["exit-code"], run.code, run.failed), ("0", 2, True))

    def test_what_github_refuses_fails_in_its_own_words(self):
        self.write("main.tf", CLOSED)
        errors = ["A delivery cannot contain multiple runs with the same category", "100%\n::error::pwned"]
        run = self.run_action(upload="failure", sarif_id="5e1f", why=(200, {"processing_status": "failed", "errors": errors}))
        self.assertEqual((run.outputs["exit-code"], run.code, run.failed), ("0", 2, True), run.log)
        self.assertIn(f"GitHub says: {errors[0]}; 100% ::error::pwned", run.summary)
        self.assertTrue(all(line.startswith("::error title=acrscan::") for line in actions_runner.obeyed(run.log)), run.log)
        self.assertIn("100%25 ::error", run.log)
        # Refused before GitHub had it, as a second upload of one category in one job is: the upload's own log has the words.
        for why in ((200, []), (404, {"message": "no analysis found"})):
            run = self.run_action(upload="failure", why=why)
            self.assertEqual((run.code, run.failed), (2, True), run.log)
            self.assertIn("last error of the step before", run.summary)
            self.assertNotIn("permission", run.log)

    def test_a_fork_is_gated_and_uploaded(self):
        base = self.commit({"main.tf": OPEN})
        pull = {
            "event_name": "pull_request",
            "event": {"pull_request": {"base": {"sha": base}, "head": {"repo": {"full_name": "mallory/infra"}}}},
        }
        run = self.run_action(github=pull)
        self.assert_ends(run, 1)
        self.assertEqual((len(self.uploads), self.given[0]["ref"]), (1, ""))
        self.assertNotIn("fork", run.log)
        # Its author cannot mend what GitHub refuses.
        run = self.run_action(github=pull, upload="failure", why=(403, {"message": "Resource not accessible by integration"}))
        self.assert_ends(run, 1)
        self.assertIn("GitHub says: Resource not accessible by integration", run.summary)
        self.write("main.tf", CLOSED)
        self.assert_ends(self.run_action(github=pull, upload="failure"), 0)

    def test_events_that_run_for_the_base_upload_nothing_unless_told_for_what(self):
        self.write("main.tf", OPEN)
        for event in ("pull_request_target", "workflow_run"):
            run = self.run_action(github={"event_name": event})
            self.assert_ends(run, 1)
            self.assertEqual(self.uploads, [])
            self.assertIn(f"{event} runs for the base's commit", run.summary)
        head = {"ref": "refs/pull/12/head", "sha": "0" * 40}
        self.assert_ends(self.run_action(github={"event_name": "workflow_run"}, **head), 1)
        self.assertEqual({name: self.given[0][name] for name in head}, head)
        for half in ({"ref": head["ref"]}, {"sha": head["sha"]}):
            run = self.run_action(**half)
            self.assert_ends(run, 2)
            self.assertIn("given both, or neither", run.log)
        for event in ("merge_group", "push", "schedule", "workflow_dispatch"):
            before = len(self.uploads)
            self.assert_ends(self.run_action(github={"event_name": event}), 1)
            self.assertEqual(len(self.uploads), before + 1, event)

    def test_legs_of_a_matrix_have_their_own_categories(self):
        for folder in ("one", "two"):
            self.write(f"{folder}/main.tf", OPEN.replace("open", folder))
        for paths in ("one", "two", "one"):
            self.run_action(paths=paths)
        self.run_action(paths="one", profile="all")
        self.run_action(paths="one", category="mine")
        one = "acrscan/iac/one/"
        self.assertEqual(self.categories(), [one, "acrscan/iac/two/", one, "acrscan/all/iac/one/", "mine/"])
        run = self.run_action(category="/")
        self.assert_ends(run, 2)

    def test_a_snapshot_in_the_repository_is_no_reason_for_a_warning(self):
        shutil.copytree(ROOT / "fixtures/contoso", self.workspace / "azure")
        self.run_action(paths="azure", fail_on="never")
        self.assertNotEqual(self.results(), [])
        for result in self.results():
            place = result["locations"][0]["physicalLocation"]
            file = self.workspace / urllib.parse.unquote(place["artifactLocation"]["uri"])
            hashes = actions_runner.line_hashes(file.read_text())
            self.assertEqual(result["partialFingerprints"]["primaryLocationLineHash"], hashes[place["region"]["startLine"]])

    def test_outputs_count_what_changed(self):
        self.write("main.tf", OPEN)
        run = self.run_action()
        self.assertEqual([run.outputs[name] for name in ("new", "known", "fixed")], ["", "", ""])
        self.assertRegex(run.outputs["summary"], r"^1 registry in the source code, ")
        self.write("known.sarif", json.dumps(self.uploads[0]))
        self.write("more.tf", OPEN.replace("open", "second"))
        run = self.run_action(baseline="known.sarif", fail_on_new="true", fail_on="low")
        self.assert_ends(run, 1)
        new, known, fixed = (int(run.outputs[name]) for name in ("new", "known", "fixed"))
        self.assertTrue(new == known > 0 and fixed == 0, run.outputs)
        shown = [line for line in actions_runner.obeyed(run.log) if "file=main.tf" in line]
        self.assertTrue(shown and all(line.startswith("::notice ") for line in shown), shown)
        (self.workspace / "main.tf").unlink()
        self.assertEqual(self.run_action(baseline="known.sarif").outputs["fixed"], str(known))
        self.assertIn(run.outputs["summary"], actions_runner.obeyed(run.log)[-1])

    def test_settings_of_a_pull_request_do_not_hold_before_they_are_merged(self):
        base = self.commit({"main.tf": OPEN})
        self.commit({"acrscan.toml": "[policy.public-network-access]\nenabled = false\n"})
        pull = lambda sha: {"event_name": "pull_request", "event": {"pull_request": {
            "base": {"sha": sha}, "head": {"repo": {"full_name": "contoso/infra"}}}}}
        run = self.run_action(github=pull(base))
        self.assert_ends(run, 1)
        self.assertIn("does not hold", run.log)
        self.assert_ends(self.run_action(github=pull(base), trusted_config="checkout"), 0)
        self.assert_ends(self.run_action(github=pull(base), trusted_config="git:HEAD"), 0)
        self.assert_ends(self.run_action(), 0)
        # What cannot be had is no reason to trust the pull request.
        self.assert_ends(self.run_action(github=pull("1" * 40)), 2)

    def test_a_base_that_a_shallow_checkout_lacks_is_fetched(self):
        base = self.commit({"main.tf": OPEN})
        self.commit({"acrscan.toml": "[policy.public-network-access]\nenabled = false\n"})
        with tempfile.TemporaryDirectory() as folder:
            server = Path(folder) / "contoso/infra"
            server.parent.mkdir()
            self.workspace.rename(server)
            passes("git", "clone", "-q", "--depth=1", f"file://{server}", self.workspace)
            pull = {"event_name": "pull_request", "event": {"pull_request": {
                "base": {"sha": base}, "head": {"repo": {"full_name": "contoso/infra"}}}}}
            environment = {"GITHUB_SERVER_URL": f"file://{folder}", "GITHUB_REPOSITORY": "contoso/infra"}
            self.assert_ends(self.run_action(github=pull, environment=environment), 1)

    def test_upload_and_summary_can_be_switched_off(self):
        self.write("main.tf", OPEN)
        run = self.run_action(upload_sarif="false", summary="false")
        self.assert_ends(run, 1)
        self.assertEqual((self.uploads, run.summary), ([], ""))

    def test_only_new_findings_fail(self):
        self.write("main.tf", OPEN)
        self.run_action()
        self.write("known.sarif", json.dumps(self.uploads[0]))
        self.assert_ends(self.run_action(baseline="known.sarif", fail_on_new="true"), 0)
        self.write("more.tf", OPEN.replace("open", "second"))
        self.assert_ends(self.run_action(baseline="known.sarif", fail_on_new="true"), 1)

    def test_hostile_names_stay_names(self):
        hostile = ["two words", "$(touch pwned)", "`touch pwned`", "-o", "a'\"b", "*", "::error::x", "%0A::error::x", ";touch pwned"]
        for index, name in enumerate(hostile):
            self.write(f"{name}/main.tf", OPEN.replace("open", f"open{index}"))
        run = self.run_action(paths="\n".join(hostile) + "\n\n")
        self.assert_ends(run, 1)
        self.assertEqual(len({result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
                              for result in self.results()}), len(hostile))
        self.assertFalse(list(self.workspace.rglob("pwned")))
        for command in actions_runner.obeyed(run.log):
            self.assertRegex(command, r"^::(error|warning|notice) (file=[^:\n]*main\.tf,|title=acrscan::)")

    def test_a_newline_in_a_name_ends_no_command(self):
        self.write("a\n::error::pwned/main.tf", OPEN)
        run = self.run_action()
        self.assert_ends(run, 1)
        self.assertFalse([line for line in actions_runner.obeyed(run.log) if line.startswith("::error::pwned")], run.log)

    def test_source_text_gives_the_runner_no_orders(self):
        self.write("main.tf", OPEN.replace('"contosoopen"', '"x"\n##[add-mask]a\n').replace("= true", "= true # ##[error]b"))
        commands = actions_runner.obeyed(self.run_action().log)
        self.assertFalse([line for line in commands if "add-mask" in line or "##[error]" in line], commands)


class LastAnalysis(unittest.TestCase):
    """With subscriptions, the baseline is what code scanning holds of them; GitHub and acrscan are stand-ins."""

    SUBSCRIPTION = "5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4"

    def run_action(self, status, fingerprint="x", **inputs):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            (folder / "work").mkdir()
            (folder / "bin").mkdir()
            category = f"acrscan/live/{self.SUBSCRIPTION}"
            listed = [{"id": 9, "category": "acrscan/iac", "error": ""}, {"id": 8, "category": category, "error": "no"}]
            listed += [{"id": number, "category": category, "error": ""} for number in (7, 6)]
            results = [{"partialFingerprints": {"acrscan/v1": fingerprint}}]
            (folder / "list.json").write_text(json.dumps(listed))
            analysis = {"runs": [{"tool": {"driver": {"name": "acrscan"}}, "results": results}]}
            (folder / "7.json").write_text(json.dumps(analysis))
            curl = f"""#!/bin/bash
grep -q 'Bearer secret' || exit 9
for argument; do case $argument in *secret*) exit 9 ;; esac; done
while [ "$1" != --output ]; do shift; done
case ${{!#}} in
  */analyses) cp '{folder}/list.json' "$2"; printf {status} ;;
  */analyses/7) cp '{folder}/7.json' "$2"; printf 200 ;;
  *) exit 9 ;;
esac
"""
            acrscan = f"""#!/bin/bash
if [ "$2" = --sarif-categories ]; then exec '{BINARY}' "$@"; fi
""" + """
for argument; do case $argument in --baseline=*) echo; echo "HELD $(jq -c . "${argument#*=}")" ;; esac; done
"""
            for name, text in (("curl", curl), ("acrscan", acrscan)):
                (folder / "bin" / name).write_text(text)
                (folder / "bin" / name).chmod(0o755)
            environment = {"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "GITHUB_REF": "refs/heads/main"}
            environment |= {"GITHUB_API_URL": "https://api.github.com", "GITHUB_REPOSITORY": "contoso/infra"}
            inputs = {"subscriptions": self.SUBSCRIPTION.upper() + "\n00000000-0000-0000-0000-000000000000"} | inputs
            return actions_runner.run(ROOT / "action.yml", folder / "work", inputs, {"token": "secret"}, None, environment)

    def test_the_newest_of_each_subscription(self):
        log = self.run_action(200).log
        held = json.loads(re.search("HELD (.*)", log)[1])
        self.assertEqual([run["automationDetails"]["id"] for run in held["runs"]], [f"acrscan/live/{self.SUBSCRIPTION}/"])
        self.assertEqual(held["runs"][0]["results"], [{"partialFingerprints": {"acrscan/v1": "x"}}])

    def test_of_the_same_policies_alone(self):
        for inputs in ({"profile": "all"}, {"arguments": "--skip=admin-user"}, {"category": "mine"}):
            run = self.run_action(200, **inputs)
            self.assertEqual((run.code, "HELD" in run.log), (0, False), run.log)
        self.assertIn("HELD", self.run_action(200, category="acrscan/live").log)

    def test_none_is_no_trouble(self):
        for status, told in ((404, ""), (403, "GitHub answered 403"), ("no", "GitHub answered no")):
            run = self.run_action(status)
            self.assertEqual((run.code, "HELD" in run.log), (0, False), run.log)
            self.assertIn(told, run.log)

    def test_what_is_not_ours_is_left(self):
        run = self.run_action(200, fingerprint=None)
        self.assertNotIn("HELD", run.log)
        self.assertIn("an analysis is not understood", run.log)

    def test_it_is_not_fetched_where_nobody_wants_it(self):
        for inputs in ({"subscriptions": "", "paths": "."}, {"upload_sarif": "false"}):
            run = self.run_action("9", **{name.replace("_", "-"): value for name, value in inputs.items()})
            self.assertEqual(run.steps["last"]["outcome"], "skipped")


class Built(unittest.TestCase):
    """Without acrscan on PATH, the action takes the release of its own commit, or what it built before, or builds it."""

    def run_action(self, hit, cargo, kept=True, release=None, ref="", gh=None):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            (folder / "work").mkdir()
            (folder / "work/main.tf").write_text(CLOSED)
            (folder / "bin").mkdir()
            tools = {"rustc": cargo, "cargo": cargo}
            tools["curl"] = f"""#!/bin/bash
grep -q 'Bearer secret' || exit 9
for argument; do case $argument in *secret*) exit 9 ;; esac; done
while [ "$1" != --output ]; do shift; done
case ${{!#}} in
  */commits/v*) echo '{{"sha": "{"a" * 40}"}}' >"$2" ;;
  *) cp '{folder}/release/'"$(basename "${{!#}}")" "$2" ;;
esac
"""
            tools["gh"] = gh or "#!/bin/sh\nexit 0\n"
            for name, text in tools.items():
                (folder / "bin" / name).write_text(text)
                (folder / "bin" / name).chmod(0o755)
            if release:
                release(folder / "release")
            saved = []

            def restore(given):
                self.assertRegex(given["key"], r"^acrscan-[0-9a-f]{40}$")
                if hit:
                    (Path(given["path"]) / "bin").mkdir(parents=True)
                    (Path(given["path"]) / "bin/acrscan").symlink_to(BINARY)
                    sum = hashlib.sha256(BINARY.read_bytes()).hexdigest() if kept else "0" * 64
                    (Path(given["path"]) / "sum").write_text(sum + "\n")
                return "success", {"cache-hit": str(hit).lower()}

            def save(given):
                saved.append(sorted(file.name for file in Path(given["path"]).rglob("*")))
                return "success", {}

            answers = {"actions/cache/restore": restore, "actions/cache/save": save}
            answers["github/codeql-action/upload-sarif"] = lambda given: ("success", {})
            environment = {"PATH": f"{folder / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin", "REAL": str(BINARY)}
            environment |= {"GITHUB_API_URL": "https://api.github.com", "GITHUB_REPOSITORY": "contoso/infra"}
            github = {"token": "secret", "server_url": "https://github.com"}
            if ref:
                github |= {"action_repository": "owner/acrscan", "action_ref": ref}
            run = actions_runner.run(ROOT / "action.yml", folder / "work", None, github, answers, environment)
            return run, saved

    NO_CARGO = '#!/bin/sh\n[ "$1" != install ]\n'
    # `cargo install` itself is left out: it takes minutes. Where it is called and with what is not.
    CARGO = """#!/bin/sh
[ "$1" = install ] || { echo rustc 1.95; exit; }
[ "$PWD" = "$GITHUB_ACTION_PATH" ] && [ "$2 $3 $4 $5 $6" = "--locked --force --path . --root" ] || exit 9
mkdir -p "$7/bin" && ln -sf "$REAL" "$7/bin/acrscan"
"""

    def test_from_the_cache(self):
        run, saved = self.run_action(True, self.NO_CARGO)
        self.assertEqual((run.code, saved), (0, []), run.log)
        run, saved = self.run_action(True, self.NO_CARGO, kept=False)
        self.assertEqual((run.code, run.steps["build"]["outcome"]), (2, "failure"), run.log)

    def test_from_source(self):
        run, saved = self.run_action(False, self.CARGO)
        self.assertEqual((run.code, saved), (0, [["acrscan", "bin", "sum"]]), run.log)

    def test_a_build_that_fails(self):
        run, saved = self.run_action(False, self.NO_CARGO)
        self.assertEqual((run.code, run.failed, run.outputs["exit-code"], saved), (2, True, "", []), run.log)
        self.assertIn("could not be built", run.summary)

    @staticmethod
    def published(folder, spoil=b""):
        """A release as .ci/release.sh packs it, for this machine."""
        copy = folder.parent / "sources"
        (copy / ".ci").mkdir(parents=True)
        for name in (".ci/release.sh", "Cargo.toml", "README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"):
            shutil.copy(ROOT / name, copy / name)
        target = f"{platform.machine()}-unknown-linux-musl"
        passes("bash", ".ci/release.sh", "pack", target, BINARY, cwd=copy)
        shutil.copytree(copy / "release", folder)
        archives = list(folder.iterdir())
        sums = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in archives]
        (folder / "SHA256SUMS").write_text("".join(sums))
        archives[0].write_bytes(archives[0].read_bytes() + spoil)

    def test_the_release_of_its_own_commit(self):
        version = re.search(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text(), re.M)[1]
        for ref in (f"v{version}", "a" * 40):
            run, saved = self.run_action(False, self.NO_CARGO, release=self.published, ref=ref)
            self.assertEqual((run.code, saved), (0, []), run.log)
            self.assertEqual(run.steps["restore"]["outcome"], "skipped")

    def test_of_another_commit_it_is_compiled(self):
        run, saved = self.run_action(False, self.CARGO, release=self.published, ref="b" * 40)
        self.assertEqual((run.code, len(saved)), (0, 1), run.log)
        self.assertIn("is of another commit", run.log)

    def test_what_was_not_published_is_not_run(self):
        spoilt = lambda folder: self.published(folder, b"x")
        run, _ = self.run_action(False, self.CARGO, release=spoilt, ref="a" * 40)
        self.assertEqual((run.code, run.failed), (2, True), run.log)
        self.assertIn("its sum is another", run.log)
        run, _ = self.run_action(False, self.CARGO, release=self.published, ref="a" * 40, gh="#!/bin/sh\nexit 1\n")
        self.assertEqual((run.code, run.failed), (2, True), run.log)
        self.assertIn("its attestation does not hold", run.log)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
