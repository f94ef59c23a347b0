#!/usr/bin/env bash
# What a release is made of, into release/: the archive that `cargo binstall` and the action look for, and the wheel.
#   .ci/release.sh build TARGET [.GLIBC]     build both
#   .ci/release.sh pack TARGET BINARY        the archive alone, of a binary that is there
#   .ci/release.sh image-context             dist/ for the Dockerfile, of the archives in release/
set -euo pipefail
cd "$(dirname "$0")/.."
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)

pack() {
  local name=acrscan-v$version-$1 binary=acrscan folder
  case $1 in *windows*) binary=acrscan.exe ;; esac
  folder=$(mktemp -d)
  mkdir -p release "$folder/$name"
  cp "$2" "$folder/$name/$binary"
  cp README.md CHANGELOG.md LICENSE-MIT LICENSE-APACHE "$folder/$name"
  tar -czf "release/$name.tar.gz" -C "$folder" "$name"
  rm -rf "$folder"
}

case ${1-} in
  build)
    target=$2 glibc=${3-}
    python3 -m venv .venv-release
    bin=.venv-release/bin
    [ -d "$bin" ] || bin=.venv-release/Scripts
    "$bin/pip" install -q maturin==1.15.0 ziglang==0.15.1
    rustup target add "$target"
    arguments=(build --locked --profile dist --target "$target" --out release)
    case $target in
      *linux-gnu) arguments+=(--zig --compatibility "manylinux_${glibc:1:1}_${glibc:3}") ;;
      *linux-musl) arguments+=(--zig --compatibility musllinux_1_2) ;;
    esac
    PATH="$PWD/$bin:$PATH" "$bin/maturin" "${arguments[@]}"
    suffix=""
    case $target in *windows*) suffix=.exe ;; esac
    pack "$target" "target/$target/dist/acrscan$suffix"
    ;;
  pack) pack "$2" "$3" ;;
  image-context)
    for pair in amd64:x86_64 arm64:aarch64; do
      name=acrscan-v$version-${pair#*:}-unknown-linux-musl
      mkdir -p "dist/linux/${pair%%:*}"
      tar -xzOf "release/$name.tar.gz" "$name/acrscan" >"dist/linux/${pair%%:*}/acrscan"
    done
    ;;
  *)
    sed -n 's/^# \{0,1\}//p' "$0" | sed -n '2,5p'
    exit 2
    ;;
esac
