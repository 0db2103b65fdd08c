#!/usr/bin/env bash
# Everything that must hold before a change lands: types, lint and format, the whole suite against a real S3 server.
# Installs what is missing, and says so. Run it by `npm run check`.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }

say "tools: what the tests compare with"
scripts/reference.sh

say "tools: FUSE, for the tests of the mount"
if command -v fusermount >/dev/null && ldconfig -p | grep -q 'libfuse\.so\.2'; then
  echo "fusermount is $(command -v fusermount)"
elif command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  apt-get install -y --no-install-recommends fuse libfuse2 || { apt-get update && apt-get install -y --no-install-recommends fuse libfuse2; }
else
  echo "FUSE is missing: install Debian's packages fuse and libfuse2" >&2
  exit 1
fi

say "tools: MinIO, the S3 server of the tests"
scripts/minio.sh

say "tools: the DuckDB extension, and the clients that its tests use"
scripts/extension.sh --clients

say "tools: the Python package's environment"
scripts/python.sh

say "types"
npx tsc --noEmit
say "lint and format"
npx biome ci .
say "build"
node scripts/build.js --types
say "tests"
VARVE_NO_BUILD=1 npx vitest run "$@"
