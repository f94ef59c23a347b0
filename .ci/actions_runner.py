"""Runs a composite action as GitHub's runner does, as far as that goes on one machine.

Conditions, `${{ }}` in `with:` and `env:`, the command files and the outcome of each step are real; what a step `uses:`
is not run but answered by the caller.
"""

import os
import re
import subprocess
import tempfile
from pathlib import Path

import yaml

TOKEN = re.compile(r"\s*('(?:[^']|'')*'|&&|\|\||==|!=|[!()]|[A-Za-z_][\w.*-]*)")


class Expression:
    """GitHub's expressions, but for numbers, indexes and most functions. What is not there is the empty string."""

    def __init__(self, text, contexts):
        self.tokens, position, self.contexts = [], 0, contexts
        while text[position:].strip():
            found = TOKEN.match(text, position)
            assert found, f"not an expression: {text!r}"
            self.tokens.append(found[1])
            position = found.end()

    def value(self):
        result = self.either()
        assert not self.tokens, f"left over: {self.tokens}"
        return result

    def take(self, *wanted):
        return self.tokens.pop(0) if self.tokens and self.tokens[0] in wanted else None

    def either(self):
        left = self.both()
        while self.take("||"):
            right = self.both()
            left = left or right
        return left

    def both(self):
        left = self.compared()
        while self.take("&&"):
            right = self.compared()
            left = left and right
        return left

    def compared(self):
        left = self.single()
        while sign := self.take("==", "!="):
            equal = str(left).lower() == str(self.single()).lower()
            left = equal == (sign == "==")
        return left

    def single(self):
        if self.take("!"):
            return not self.single()
        if self.take("("):
            inner = self.either()
            assert self.take(")")
            return inner
        token = self.tokens.pop(0)
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        if self.take("("):
            assert self.take(")")
            return self.contexts["functions"][token]
        value = self.contexts
        for part in token.split("."):
            value = value.get(part, "") if isinstance(value, dict) else ""
        return value


def filled(text, contexts):
    """A text with its `${{ }}` replaced."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda found: str(Expression(found[1], contexts).value()), str(text))


class Result:
    """What a run of an action came to; `code` is that of the last script."""

    def __init__(self):
        self.failed = False
        self.code = 0
        self.steps = {}
        self.log = ""
        self.summary = ""
        self.outputs = {}


def run(action, workspace, inputs=None, github=None, answers=None, environment=None):
    """Runs an action in a folder. `answers` maps an action's name, such as `actions/cache/restore`, to an outcome and outputs."""
    action = Path(action)
    document = yaml.safe_load(action.read_text())
    result = Result()
    with tempfile.TemporaryDirectory() as temporary:
        runner_temp = Path(temporary) / "runner temp"
        runner_temp.mkdir()
        declared = document["inputs"]
        unknown = set(inputs or {}) - set(declared)
        assert not unknown, f"no such inputs: {unknown}"
        values = {name: (inputs or {}).get(name, given.get("default", "")) for name, given in declared.items()}
        contexts = {
            "inputs": values,
            "github": {"event_name": "push", "repository": "contoso/infra", "event": {}} | (github or {}),
            "runner": {"temp": str(runner_temp)},
            "steps": result.steps,
        }
        base = {"PATH": os.environ["PATH"], "HOME": temporary, "RUNNER_TEMP": str(runner_temp)}
        base["GITHUB_ACTION_PATH"] = str(action.resolve().parent)
        base |= environment or {}
        for number, step in enumerate(document["runs"]["steps"]):
            name = step.get("id", f"step-{number}")
            contexts["functions"] = {"always": True, "success": not result.failed, "failure": result.failed}
            condition = str(step.get("if", "success()"))
            condition = condition if "always()" in condition or "failure()" in condition else f"success() && ({condition})"
            if not Expression(condition, contexts).value():
                result.steps[name] = {"outcome": "skipped", "conclusion": "skipped", "outputs": {}}
                continue
            given = {key: filled(value, contexts) for key, value in (step.get("env") or step.get("with") or {}).items()}
            if "uses" in step:
                outcome, outputs = (answers or {})[step["uses"].split("@")[0]](given)
            else:
                outcome, outputs = shell(step, base | given, runner_temp, workspace, result)
            result.steps[name] = {"outcome": outcome, "outputs": outputs}
            result.failed |= outcome == "failure" and not step.get("continue-on-error", False)
        result.outputs = {name: filled(output["value"], contexts) for name, output in document["outputs"].items()}
    return result


def shell(step, environment, runner_temp, workspace, result):
    """Runs the script of a step with `shell: bash`."""
    assert step["shell"] == "bash"
    files = {name: runner_temp / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH")}
    for file in files.values():
        file.write_bytes(b"")
    script = runner_temp / "script.sh"
    script.write_text(step["run"])
    environment = environment | {name: str(file) for name, file in files.items()}
    ran = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
        cwd=workspace, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=900, check=False,
    )
    result.code = ran.returncode
    result.log += ran.stdout.decode()
    result.summary += files["GITHUB_STEP_SUMMARY"].read_text()
    assert not files["GITHUB_ENV"].read_bytes() and not files["GITHUB_PATH"].read_bytes(), "settings leak to later steps"
    # The delimiter form is not used by this action.
    outputs = dict(line.split("=", 1) for line in files["GITHUB_OUTPUT"].read_text().splitlines())
    return ("success" if ran.returncode == 0 else "failure"), outputs


def obeyed(log):
    """The workflow commands of a log that the runner obeys, stopped ones left out."""
    commands, token = [], None
    for line in log.split("\n"):
        line = line.strip()
        if token:
            token = None if line == f"::{token}::" else token
        elif line.startswith("::stop-commands::"):
            token = line.removeprefix("::stop-commands::")
        elif line.startswith("::") or "##[" in line:
            commands.append(line)
    assert token is None, "commands were stopped for good"
    return commands


def line_hashes(text):
    """What GitHub's upload computes for each line of a file, from 1."""
    modulus, window, mask = 37, 100, (1 << 64) - 1
    oldest = pow(modulus, window, 1 << 64)
    ring, starts, seen, hashes = [0] * window, [None] * window, {}, {}
    at, value, line, new_line, after_cr = 0, 0, 0, True, False

    def feed(unit):
        nonlocal at, value, line, new_line
        if starts[at] is not None:
            count = seen[value] = seen.get(value, 0) + 1
            hashes[starts[at]] = f"{value:x}:{count}"
            starts[at] = None
        if new_line:
            new_line, line = False, line + 1
            starts[at] = line
        new_line = unit == 10
        value = (modulus * value + unit - oldest * ring[at]) & mask
        ring[at], at = unit, (at + 1) % window

    units = text.encode("utf-16-le")
    for unit in (int.from_bytes(units[index:index + 2], "little") for index in range(0, len(units), 2)):
        if unit in (32, 9) or (after_cr and unit == 10):
            after_cr = False
            continue
        after_cr = unit == 13
        feed(10 if unit == 13 else unit)
    feed(0xFFFF)
    for _ in range(window):
        if any(start is not None for start in starts):
            feed(0)
    return hashes
