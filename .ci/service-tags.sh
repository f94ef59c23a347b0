#!/usr/bin/env bash
# Takes the newest lists of service tags from Microsoft, writes the table that the binary carries anew, and what is different
# into a page of Markdown. Called with that page's file.
set -euo pipefail
cd "$(dirname "$0")/.."
page=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
table=src/net/service_tags/embedded.json
# Public, US Government, China: each page names this week's file.
for id in 56519 57063 57062; do
  curl --silent --fail --location --max-time 120 --retry 3 "https://www.microsoft.com/en-us/download/details.aspx?id=$id" >"$folder/$id.html"
  url=$(grep -o 'https://download\.microsoft\.com/download/[A-Za-z0-9/_-]*/ServiceTags_[A-Za-z]*_[0-9]*\.json' "$folder/$id.html" | head -n 1)
  [ -n "$url" ] || { echo "the page $id names no list: look at it, and change this script"; exit 1; }
  curl --silent --fail --max-time 300 --retry 3 --output "$folder/$(basename "$url")" "$url"
done
cp "$table" "$folder/before.json"
cargo run --locked --release --quiet -- service-tags update --history --output "$table" "$folder"/ServiceTags_*.json
{
  echo "Microsoft's lists of this week. The table in the binary changes as follows."
  echo
  echo '```text'
  cargo run --locked --release --quiet -- service-tags diff "$folder/before.json" "$table" 2>/dev/null ||
    diff --unified=0 "$folder/before.json" "$table" | head -n 500 || true
  echo '```'
} >"$page"
