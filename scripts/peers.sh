#!/usr/bin/env bash
# Installs what `npm run bench` measures varve against, and nothing that varve itself needs:
#   Debian: gztool, tabix (bgzip), s3fs, rclone, fio
#   Python: rapidgzip, oxbow, polars-bio, duckdb, cloud-dataplug, pyarrow
# Safe to run again: what is there is left alone. A peer that cannot be had is named at the end; the bench names
# it in its table too. Exit status 1 then, so that a caller can tell.
set -uo pipefail
cd "$(dirname "$0")/.."

venv=.tools/peers
# duckdb stays at 1.5.6, the version inside @duckdb/node-api, so that both sides run the same engine.
packages=(rapidgzip==0.16.1 oxbow==0.8.2 polars-bio==0.36.2 duckdb==1.5.6 cloud-dataplug==1.0.2 pyarrow==24.0.0)

missing=()
say() { printf 'peers: %s\n' "$*"; }

install_debian() {
  local package=$1 program=$2
  if command -v "$program" >/dev/null; then
    say "$program is here ($(command -v "$program"))"
    return
  fi
  local sudo=()
  [ "$(id -u)" -eq 0 ] || sudo=(sudo -n)
  if [ -z "${updated:-}" ]; then
    say 'apt-get update'
    "${sudo[@]}" apt-get update -qq >&2 || say 'apt-get update failed; trying with the lists that are here'
    updated=1
  fi
  say "apt-get install $package"
  if ! "${sudo[@]}" apt-get install -y -qq --no-install-recommends "$package" >&2; then missing+=("$program"); fi
}

install_python() {
  if [ ! -x "$venv/bin/python" ]; then
    say "python3 -m venv $venv"
    if ! python3 -m venv "$venv" >&2; then
      missing+=("python venv (Debian: python3-venv)")
      return
    fi
  fi
  local have package
  have=$("$venv/bin/python" -m pip list --format freeze --disable-pip-version-check 2>/dev/null | tr 'A-Z_' 'a-z-')
  # One by one: a wheel that this platform lacks must not take the others with it.
  for package in "${packages[@]}"; do
    if grep -qxF "$package" <<<"$have"; then
      say "$package is here"
      continue
    fi
    say "pip install $package"
    if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$package" >&2; then
      missing+=("$package")
    fi
  done
}

install_debian gztool gztool
install_debian tabix bgzip
install_debian s3fs s3fs
install_debian rclone rclone
install_debian fio fio
install_python

if [ "${#missing[@]}" -gt 0 ]; then
  say "missing: ${missing[*]}"
  exit 1
fi
say "all there, Python peers in $venv"
