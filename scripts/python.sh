#!/usr/bin/env bash
# Makes .tools/python, the environment of the Python package's tests: pinned packages, and the package itself, used
# from python/src. Safe to run again: what is there stays. With --check it then runs ruff and mypy, and with --test
# pytest, too; the binaries are those of scripts/extension.sh, the program is that of `npm run build`.
#
#   scripts/python.sh [--check] [--test [PYTEST-ARGUMENT…]]
set -euo pipefail
cd "$(dirname "$0")/.."

check= test=
while [ $# -gt 0 ]; do
  case $1 in
    --check) check=1 ;;
    --test) test=1; shift; break ;;
    *) echo "usage: scripts/python.sh [--check] [--test [PYTEST-ARGUMENT…]]" >&2; exit 2 ;;
  esac
  shift
done

venv=.tools/python
say() { printf 'python: %s\n' "$*"; }

# A folder without a python that runs is what an interrupted run left, or one of another machine.
if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
  say "python3 -m venv $venv"
  python3 -m venv --clear "$venv"
fi

# All dependencies are in the list, so none comes in a version that nobody chose.
stamp="$venv/.requirements"
if cmp --silent python/requirements-test.txt "$stamp"; then
  say "the packages of python/requirements-test.txt are here"
else
  say "pip install -r python/requirements-test.txt"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    -r python/requirements-test.txt
  cp python/requirements-test.txt "$stamp"
fi

# Where the package is used from; another folder than this when the environment is shared, or was moved.
place="$PWD/python $(sha256sum python/pyproject.toml | cut -d' ' -f1)"
if [ "$(cat "$venv/.package" 2>/dev/null)" = "$place" ]; then
  say "varve is used from $PWD/python/src"
else
  say "pip install --editable python"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable python
  printf '%s' "$place" >"$venv/.package"
fi

cd python
if [ -n "$check" ]; then
  "../$venv/bin/ruff" check --quiet --no-cache .
  "../$venv/bin/ruff" format --quiet --no-cache --check .
  say "ruff finds nothing"
  "../$venv/bin/mypy" --no-error-summary --cache-dir "../$venv/mypy"
  say "mypy finds nothing"
fi
if [ -n "$test" ]; then
  "../$venv/bin/python" -m pytest "$@"
fi
