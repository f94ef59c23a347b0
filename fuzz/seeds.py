"""Writes the seeds of a fuzz target into a folder: the fixtures of its language, and a binary plan made by hand."""

import hashlib
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATTERNS = {
    "terraform_source": ["fixtures/**/*.tf"],
    "terraform_plan": ["fixtures/**/tfplan.json"],
    "arm_template": ["fixtures/**/arm/*.json"],
    "what_if": ["fixtures/**/what-if.json"],
    "bicep": ["fixtures/**/*.bicep"],
    "discovery": ["fixtures/infra/**/*.json"],
    "acrscan_toml": ["fixtures/**/acrscan.toml"],
    "baseline_sarif": ["tests/**/*.sarif"],
}
EXPRESSIONS = """\
if(equals(parameters('text'), 'Enabled'), 'Enabled', 'Disabled')
concat(parameters('text'), '-', string(parameters('number')))
createArray(createObject('action', 'Allow', 'value', '1.2.3.0/24'))
union(parameters('list'), createArray(1, 2))
map(range(0, parameters('number')), lambda('i', createObject('value', format('10.0.{0}.0/24', lambdaVariables('i')))))
parameters('unknown').a[0].b
cidrSubnet('10.0.0.0/16', 24, 1)
resourceId('Microsoft.ContainerRegistry/registries', 'x')
[literal]
"""
SETTINGS = """\
[policy.firewall-rule-too-broad]
max_prefix = 24

[[waiver]]
policy = "trusted-services-bypass"
resource = "**/registries/contosodev"
reason = "a lab"
expires = 2027-01-31
approved_by = "somebody"
"""
SARIF = """\
{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "acrscan"}}, "results": [
  {"ruleId": "public-network-access", "message": {"text": "open"}, "partialFingerprints": {"acrscan/v1": "ab"},
   "suppressions": [{"status": "accepted"}], "baselineState": "new",
   "properties": {"acrscan/kind": "fail", "acrscan/severity": "high", "acrscan/resourceId": "r", "acrscan/evidence": [1]}}]}]}
"""


def field(number, content):
    """A field of protocol buffers: a number or bytes."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(number):
    text = b""
    while number > 127:
        text, number = text + bytes([number & 127 | 128]), number >> 7
    return text + bytes([number])


def msgpack(value):
    if isinstance(value, dict):
        return bytes([0x80 | len(value)]) + b"".join(msgpack(key) + msgpack(item) for key, item in value.items())
    if isinstance(value, list):
        return bytes([0x90 | len(value)]) + b"".join(map(msgpack, value))
    if value is ...:
        return b"\xd4\x00\x00"  # what Terraform does not know
    if value is None or isinstance(value, bool):
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[value]
    text = value.encode()
    return b"\xd9" + bytes([len(text)]) + text


def binary_plan():
    """The member `tfplan` of a plan that creates one registry."""
    values = {"name": "contoso", "sku": "Premium", "id": ..., "public_network_access_enabled": True,
              "network_rule_set": [{"default_action": "Deny", "ip_rule": [{"action": "Allow", "ip_range": "1.2.3.0/24"}]}]}
    change = field(1, 1) + field(2, field(1, msgpack(values)))
    resource = field(13, b"azurerm_container_registry.main") + field(9, change)
    return field(1, 3) + field(2, field(1, b"x") + field(2, field(1, msgpack("y")))) + field(3, resource) \
        + field(14, b"1.13.4") + field(26, 1)


def main(target, folder):
    seeds = [file.read_bytes() for pattern in PATTERNS.get(target, []) for file in sorted(ROOT.glob(pattern))]
    seeds += {
        "arm_expression": [line.encode() for line in EXPRESSIONS.splitlines()],
        "acrscan_toml": [SETTINGS.encode()],
        "baseline_sarif": [SARIF.encode()],
        "terraform_binary_plan": [binary_plan()],
    }.get(target, [])
    if not seeds:
        sys.exit(f"no seeds for {target}")
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        (folder / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)


main(sys.argv[1], Path(sys.argv[2]))
