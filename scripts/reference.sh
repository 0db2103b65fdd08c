#!/usr/bin/env bash
# Installs the reference tools that the tests compare varve with, and nothing that varve itself needs:
#   Debian: samtools, tabix (bgzip), bcftools, gdal-bin, ffmpeg
#   Python, in .tools/reference: laspy with lazrs, pyimzML, rasterio, pysam, numpy, tifffile, duckdb, pyarrow
# Safe to run again: what is there is left alone. A tool that cannot be had is named at the end, with exit status 1.
# Needs root, or sudo without a password, only where a Debian package is missing. Called by scripts/check.sh.
set -uo pipefail
cd "$(dirname "$0")/.."

venv=.tools/reference
# Goldens and tests were made with these. duckdb stays at 1.5.6, the version inside @duckdb/node-api.
packages=(
  numpy==2.4.6
  laspy==2.7.0 lazrs==0.8.2
  pyimzML==1.5.5 wheezy.template==3.2.5
  rasterio==1.4.4 affine==3.0.1 attrs==26.1.0 certifi==2026.10.18 click==8.5.1 click-plugins==1.1.1.2 cligj==0.7.2
  pyparsing==3.3.3
  pysam==0.24.1
  tifffile==2026.3.3
  duckdb==1.5.6
  pyarrow==24.0.0
)

missing=()
say() { printf 'reference: %s\n' "$*"; }

install_debian() {
  local package=$1 program=$2
  if command -v "$program" >/dev/null; then
    say "$program is here ($(command -v "$program"))"
    return
  fi
  local sudo=()
  [ "$(id -u)" -eq 0 ] || sudo=(sudo -n)
  if ! command -v apt-get >/dev/null; then
    missing+=("$program (Debian's package $package)")
    return
  fi
  if [ -z "${updated:-}" ]; then
    say 'apt-get update'
    "${sudo[@]}" apt-get update -qq >&2 || say 'apt-get update failed; trying with the lists that are here'
    updated=1
  fi
  say "apt-get install $package"
  if ! "${sudo[@]}" apt-get install -y -qq --no-install-recommends "$package" >&2 ||
    ! command -v "$program" >/dev/null; then
    missing+=("$program (Debian's package $package)")
  fi
}

# What pip says is installed, as name==version in small letters with dashes.
installed() { "$venv/bin/python" -m pip list --format freeze --disable-pip-version-check 2>/dev/null | normal; }
normal() { tr 'A-Z_.' 'a-z--'; }

install_python() {
  # A folder without a python that runs is what an interrupted run left, or one of another machine.
  if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    say "python3 -m venv $venv"
    if ! python3 -m venv --clear "$venv" >&2; then
      missing+=("python3 with venv (Debian's package python3-venv)")
      return
    fi
  fi
  local have package
  have=$(installed)
  # One by one: what cannot be had must not take the others with it. All dependencies are in the list, so none comes in
  # a version that nobody chose. Wheels alone, as what has to be compiled wants compilers and libraries of its own;
  # wheezy.template has none, and needs none.
  for package in "${packages[@]}"; do
    if grep -qxF "$(normal <<<"$package")" <<<"$have"; then
      say "$package is here"
      continue
    fi
    say "pip install $package"
    if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
      --only-binary :all: --no-binary wheezy.template "$package" >&2; then
      missing+=("$package (pip)")
    fi
  done
}

install_debian samtools samtools
install_debian tabix bgzip
install_debian bcftools bcftools
install_debian gdal-bin gdalinfo
install_debian ffmpeg ffprobe
install_python

if [ "${#missing[@]}" -gt 0 ]; then
  printf 'reference: missing: %s\n' "${missing[@]}" >&2
  exit 1
fi
say "all there, Python packages in $venv"
