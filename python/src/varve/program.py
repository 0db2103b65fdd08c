"""The `varve` program, for what changes a lake or this machine: its commands with `--json`."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from varve.errors import VarveError, error_of
from varve.place import program


def run(*words: str, lake: str) -> Any:
    """What a command of the program reports.

    >>> run("datasets", lake="s3://lab/lake")[0]["name"]          # doctest: +SKIP
    'reads'
    """
    command = [*program(), "--lake", lake, "--json", *words]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode != 0:
        raise failure(words[0], done.returncode, done.stderr.decode(errors="replace"))
    return json.loads(done.stdout) if done.stdout.strip() else None


def failure(command: str, code: int, said: str) -> VarveError:
    """The error that a command with `--json` printed before it ended with this exit code."""
    lines = said.strip().splitlines()
    try:
        told = json.loads(lines[-1])
        return error_of(told["code"], told["message"], told.get("details"))
    except (IndexError, KeyError, TypeError, ValueError):
        return error_of("internal", f"varve {command} ended with {code}: {said.strip() or 'it said nothing'}")
