#!/usr/bin/env bash
# Builds the loadable DuckDB extension into .tools/extension: headers, binaries, a signed repository, and the Python
# environments that its tests load it in. What is there already stays.
#
#   scripts/extension.sh [--sanitize] [--no-python] [--clients]
#
#   --sanitize    into .tools/extension/sanitize, with AddressSanitizer
#   --no-python   without the environments
#   --clients     and the other clients that are tested: JDBC (wants Maven), jupysql, SQLAlchemy, the DuckDB CLI of PyPI
set -euo pipefail
cd "$(dirname "$0")/.."

sanitize= python=1 clients=
for argument in "$@"; do
  case $argument in
    --sanitize) sanitize=1 ;;
    --no-python) python= ;;
    --clients) clients=1 ;;
    *) echo "usage: scripts/extension.sh [--sanitize] [--no-python] [--clients]" >&2; exit 2 ;;
  esac
done

crate=libduckdb-sys-1.20000.1
crate_sum=0140448c472968ee5cf5ba697435deebe558b366ef1e5c080d24d9696b600725
duckdb=v2.0.0
# Of the C API that stays: DuckDB 1.4 and 1.5 load it (2.0 would, too).
stable=v1.2.0
version=v$(sed -n 's/^#define VARVE_VERSION "\(.*\)"/\1/p' extension/varve.h)
tools=.tools/extension
mkdir -p $tools
# Tests of several processes call this at once.
exec 9>$tools/.lock
flock 9

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) platform=linux_amd64 ;;
  Linux-aarch64) platform=linux_arm64 ;;
  *) echo "extension: $(uname -s) on $(uname -m) is not supported, expected Linux" >&2; exit 1 ;;
esac

headers() {
  if [ -f $tools/include/.of-$crate ]; then
    echo "headers    $tools/include (there already)"
    return
  fi
  local work
  work=$(mktemp -d)
  mkdir -p "$work/src" $tools/include
  printf '[package]\nname = "headers"\nversion = "0.0.0"\nedition = "2021"\n[dependencies]\nlibduckdb-sys = { version = "=1.20000.1", default-features = false }\n' >"$work/Cargo.toml"
  : >"$work/src/lib.rs"
  (cd "$work" && cargo fetch --quiet)
  local file
  file=$(find "${CARGO_HOME:-$HOME/.cargo}/registry/cache" -name "$crate.crate" | head -1)
  echo "$crate_sum  $file" | sha256sum --check --quiet
  tar -xzf "$file" -C "$work" "$crate/duckdb.tar.gz"
  tar -xzf "$work/$crate/duckdb.tar.gz" -C "$work" duckdb/src/include
  cp "$work"/duckdb/src/include/{duckdb,duckdb_extension,duckdb_v2,duckdb_extension_v2}.h $tools/include/
  touch $tools/include/.of-$crate
  rm -rf "$work"
  echo "headers    $tools/include (of $crate)"
}

shared="extension/text.c extension/functions.c extension/place.c extension/start.c extension/link.c extension/links.c extension/interrupt.c extension/frames.c extension/arrays.c extension/bound.c extension/scan.c"
v1="extension/v1.c extension/v1_values.c extension/v1_vectors.c"
v2="extension/v2.c extension/v2_scan.c extension/v2_values.c extension/v2_filters.c"

is_fresh() { [ -f "$1" ] && [ -z "$(find extension scripts/extension.sh $tools/include -newer "$1" -print -quit)" ]; }

compile() { # OUT-FOLDER ABI VERSION SOURCES…
  local out=$1 abi=$2 target=$3
  local file=$out/varve.duckdb_extension
  shift 3
  mkdir -p "$out"
  if is_fresh "$file"; then
    echo "extension  $file (there already)"
    return
  fi
  local flags=(-std=c11 -O2 -fPIC -shared -fvisibility=hidden -Wall -Wextra -Werror -pthread)
  if [ -n "$sanitize" ]; then flags+=(-g -fno-omit-frame-pointer -fsanitize=address,undefined); fi
  # shellcheck disable=SC2086
  gcc "${flags[@]}" -isystem $tools/include -o "$out/varve.so" "$@" -ldl
  # A DuckDB that has the old one loaded keeps its file.
  python3 extension/footer.py "$out/varve.so" "$file.new" "$abi" "$version" "$target" $platform
  mv "$file.new" "$file"
  rm "$out/varve.so"
  echo "extension  $file"
}

# For DuckDB 2.0's INSTALL … FROM: https://duckdb.org/docs/extensions; the key is this machine's own.
repository() {
  local binary=$tools/$duckdb/varve.duckdb_extension folder=$tools/repository/$duckdb/$platform
  mkdir -p "$folder"
  if [ "$folder/varve.duckdb_extension.gz" -nt "$binary" ]; then
    echo "repository $tools/repository (there already)"
    return
  fi
  if [ ! -f $tools/key.pem ]; then
    (umask 077 && openssl genrsa -out $tools/key.pem 2048 2>/dev/null)
    openssl rsa -in $tools/key.pem -pubout -out $tools/key.pub.pem 2>/dev/null
  fi
  python3 - "$binary" "$folder/varve.duckdb_extension.gz" $tools/key.pem <<'PY'
import gzip, hashlib, subprocess, sys

binary, target, key = sys.argv[1:]
with open(binary, "rb") as file:
    code = file.read()[:-256]
step = 1024 * 1024
pieces = b"".join(hashlib.sha256(code[i : i + step]).digest() for i in range(0, len(code), step))
digest = hashlib.sha256(pieces).digest()
sign = ["openssl", "pkeyutl", "-sign", "-inkey", key, "-pkeyopt", "digest:sha256"]
signature = subprocess.run(sign, input=digest, capture_output=True, check=True).stdout
with gzip.open(target, "wb") as file:
    file.write(code + signature)
PY
  echo "repository $tools/repository (key $tools/key.pub.pem)"
}

environments() {
  local one
  for one in 2.0.0 1.5.6; do
    if [ ! -f $tools/python-$one/.ready ]; then
      [ -x $tools/python-$one/bin/python ] || python3 -m venv $tools/python-$one
      $tools/python-$one/bin/pip install --quiet "duckdb==$one" pytz
      touch $tools/python-$one/.ready
    fi
    echo "python     $tools/python-$one"
  done
}

# Pinned in test/extension/clients/requirements.txt and here.
clients() {
  local wanted=test/extension/clients/requirements.txt folder=$tools/clients
  mkdir -p $folder
  if ! cmp -s $wanted $folder/.notebook; then
    [ -x $folder/notebook/bin/python ] || python3 -m venv $folder/notebook
    $folder/notebook/bin/pip install --quiet --disable-pip-version-check --no-deps -r $wanted
    cp $wanted $folder/.notebook
  fi
  echo "client     $folder/notebook (jupysql, SQLAlchemy)"
  if [ "$(cat $folder/.cli 2>/dev/null)" != 1.5.6 ]; then
    [ -x $folder/cli/bin/python ] || python3 -m venv $folder/cli
    $folder/cli/bin/pip install --quiet --disable-pip-version-check --no-deps duckdb-cli==1.5.6
    echo 1.5.6 >$folder/.cli
  fi
  echo "client     $folder/cli/bin/duckdb"
  local jar=duckdb_jdbc-2.0.0.0.jar sum=5170daa90a43296705127ef3c80834ba1cd275ec9d765a9f7eee346ab0087186
  if [ ! -f $folder/$jar ]; then
    mvn --quiet --batch-mode dependency:copy -Dartifact=org.duckdb:duckdb_jdbc:2.0.0.0 -DoutputDirectory="$PWD/$folder/new"
    echo "$sum  $folder/new/$jar" | sha256sum --check --quiet
    mv $folder/new/$jar $folder/$jar
    rmdir $folder/new
  fi
  echo "client     $folder/$jar"
}

headers
if [ -n "$sanitize" ]; then
  # shellcheck disable=SC2086
  compile $tools/sanitize/$duckdb C_STRUCT_UNSTABLE $duckdb $shared $v2
  # shellcheck disable=SC2086
  compile $tools/sanitize/$stable C_STRUCT $stable $shared $v1
else
  # shellcheck disable=SC2086
  compile $tools/$duckdb C_STRUCT_UNSTABLE $duckdb $shared $v2
  # shellcheck disable=SC2086
  compile $tools/$stable C_STRUCT $stable $shared $v1
  repository
fi
if [ -n "$python" ]; then environments; fi
if [ -n "$clients" ]; then clients; fi
