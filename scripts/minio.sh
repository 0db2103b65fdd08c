#!/usr/bin/env bash
# Provides the S3 server that the tests run against: `minio` from the PATH, else .tools/bin/minio, built once.
# Safe to run again: what is there is left alone. Building needs go and takes about five minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

version=v0.0.0-20260212201848-7aac2a2c5b7c
built=.tools/bin/minio
say() { printf 'minio: %s\n' "$*"; }

if command -v minio >/dev/null; then
  say "is here ($(command -v minio))"
  exit 0
fi
if [ -x "$built" ]; then
  say "is here ($built)"
  exit 0
fi
if ! command -v go >/dev/null; then
  say "is neither on the PATH nor in $built, and go, which would build it, is not on the PATH" >&2
  exit 1
fi

# Into a folder of its own first: a build that is interrupted leaves no half-written server behind.
mkdir -p .tools/bin
staging=$(mktemp -d "$PWD/.tools/minio.XXXXXX")
trap 'rm -rf "$staging"' EXIT
say "building $version with $(go version | cut -d' ' -f3) into $built; about five minutes"
GOBIN="$staging" go install "github.com/minio/minio@$version"
mv "$staging/minio" "$built"
say "built $built"
