#!/usr/bin/env bash
# Installs what is missing, builds, and runs the demo in ./demo (or the folder given). A second run is quick.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --no-audit --no-fund
fi
npm run --silent build
node dist/main.js demo "${1:-demo}"
