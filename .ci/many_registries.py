"""A snapshot of many registries, made of copies of another's. Usage: many_registries.py SNAPSHOT COUNT TARGET"""

import json
import pathlib
import re
import sys

source, count, target = pathlib.Path(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3])
manifest = json.loads((source / "manifest.json").read_text())
for scope in manifest["scopes"]:
    copies = []
    for number in range(count):
        path = scope["registries"][number % len(scope["registries"])]
        own = json.loads((source / path).read_text())["registry"]["name"]
        name = f"registry{number:04}" if number % 2 else f"Registry{number:04}"
        text = re.sub(re.escape(own), name, (source / path).read_text(), flags=re.IGNORECASE)
        copy = str(pathlib.PurePosixPath(path).with_name(f"{name.lower()}.json"))
        (target / copy).parent.mkdir(parents=True, exist_ok=True)
        (target / copy).write_text(text)
        copies.append(copy)
    scope["registries"] = sorted(copies)
(target / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
if (source / "service-tags.json").exists():
    (target / "service-tags.json").write_bytes((source / "service-tags.json").read_bytes())
