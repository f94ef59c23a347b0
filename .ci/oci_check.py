"""The built-in policies pushed to a real registry server on loopback and scanned with from there: equal findings.

Called with an acrscan binary and the server's program, Debian's `docker-registry`.
"""

import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARY, SERVER = Path(sys.argv[1]).resolve(), sys.argv[2]


def request(method, url, data=None, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return urllib.request.urlopen(urllib.request.Request(url, data=data, method=method, headers=headers), timeout=30)


def upload(base, bytes):
    digest = "sha256:" + hashlib.sha256(bytes).hexdigest()
    place = request("POST", f"{base}/blobs/uploads/", b"").headers["Location"]
    request("PUT", f"{place}{'&' if '?' in place else '?'}digest={digest}", bytes, Content_Type="application/octet-stream")
    return {"digest": digest, "size": len(bytes)}


def scan(folder, *arguments):
    environment = os.environ | {"XDG_CACHE_HOME": f"{folder}/cache"}
    command = [BINARY, "scan", "fixtures/contoso", "-o", "json", *arguments]
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stderr
    return json.loads(ran.stdout)["findings"]


def main(folder):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = folder / "registry.yml"
    config.write_text(json.dumps({
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(folder / "storage")}},
        "http": {"addr": f"127.0.0.1:{port}"},
        "log": {"level": "error"},
    }))
    server = subprocess.Popen([SERVER, "serve", config], stdout=subprocess.DEVNULL)
    try:
        base = f"http://127.0.0.1:{port}/v2/team/policies"
        for _ in range(100):
            try:
                request("GET", f"http://127.0.0.1:{port}/v2/")
                break
            except OSError:
                time.sleep(0.1)
        bundle = folder / "policies.tar.gz"
        subprocess.run([BINARY, "policies", "bundle", "-o", bundle], check=True, capture_output=True)
        layer = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip"} | upload(base, bundle.read_bytes())
        settings = {"mediaType": "application/vnd.oci.image.config.v1+json"} | upload(base, b"{}")
        kind = "application/vnd.oci.image.manifest.v1+json"
        manifest = json.dumps({"schemaVersion": 2, "mediaType": kind, "config": settings, "layers": [layer]}).encode()
        digest = request("PUT", f"{base}/manifests/v1", manifest, Content_Type=kind).headers["Docker-Content-Digest"]
        own = scan(folder, "--profile", "all")
        for pin in (":v1", f"@{digest}", f":v1@{digest}"):
            with tempfile.TemporaryDirectory() as cache:
                pulled = scan(cache, "--no-builtin-policies", "--policies", f"oci://127.0.0.1:{port}/team/policies{pin}")
            assert pulled == own and own, f"{pin}: {len(pulled)} findings, and {len(own)} of the built-in policies"
        print(f"{len(own)} findings, built in and pulled from {digest[:19]}…")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(Path(folder))
