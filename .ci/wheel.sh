#!/usr/bin/env bash
# The wheel: built, installed into a clean virtual environment, the demo scanned from it, and the hook of the documentation
# run by it. Called with the folder of a virtual environment that has maturin and pre-commit, and one to work in.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=$(cd "$1" && pwd) work=$2
milliseconds() { date +%s%3N; }

# What `cargo run --release` built is there already; a release takes the profile `dist`.
"$venv/bin/maturin" build --locked --profile "${PROFILE:-release}" --compatibility linux --out "$work/wheel"
wheel=$(echo "$work"/wheel/acrscan-*.whl)
python3 -m venv "$work/clean"
start=$(milliseconds)
"$work/clean/bin/pip" install -q --disable-pip-version-check --no-index "$wheel"
code=0
env -i PATH=/nonexistent "$work/clean/bin/acrscan" scan fixtures/contoso >"$work/wheel.txt" || code=$?
echo "installed and scanned in $(($(milliseconds) - start)) ms; $(stat -c %s "$wheel") bytes"
test "$code" -eq 1 || { echo "the demo must exit with 1, not $code"; exit 1; }
tail -n 1 "$work/wheel.txt"

# The hook, as docs/guides/pull-request.md shows it, with this wheel in place of the released one.
hook=$work/hook
mkdir "$hook"
cp -r fixtures/infra "$hook/infra"
sed -n '/^repos:$/,/^```$/p' docs/guides/pull-request.md | sed '$d' | sed "s|\"acrscan==[0-9.]*\"|\"$wheel\"|" >"$hook/.pre-commit-config.yaml"
git -C "$hook" init -q
git -C "$hook" add .
code=0
(cd "$hook" && PRE_COMMIT_HOME="$work/pre-commit" "$venv/bin/pre-commit" run --all-files) >"$work/hook.txt" 2>&1 || code=$?
grep -q 'public-network-access' "$work/hook.txt" || { cat "$work/hook.txt"; echo "the hook found nothing"; exit 1; }
test "$code" -eq 1 || { echo "the hook must fail, not end with $code"; exit 1; }
