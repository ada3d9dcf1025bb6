"""How an example is run: from the command line, alone or with the others, and what is noted of the run.

An example is a script of a method's name with a function

    measure(data: Path, *, tiny: bool) -> Evidence

where `data` is the folder of collections, and `tiny` asks for the least that still runs every line.
"""

from __future__ import annotations

import argparse
import ast
import dataclasses
import hashlib
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from octavo.catalogue import Evidence

Measure: TypeAlias = Callable[..., Evidence]


def main(measure: Measure) -> None:
    """Run one example as its command line asks: DATA [--tiny] [--json FILE]."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("data", type=Path, help="the folder that holds the collections in search/")
    parser.add_argument("--tiny", action="store_true", help="the least that runs every line; proves nothing")
    parser.add_argument("--json", type=Path, help="also write the evidence to this file")
    given = parser.parse_args()
    evidence = noted(measure, given.data, tiny=given.tiny)
    sys.stdout.write(report(evidence))
    if given.json:
        evidence.write(given.json)


def noted(measure: Measure, data: Path, *, tiny: bool = False, digest: str = "") -> Evidence:
    """Run an example and return its evidence with date, machine, minutes and digest."""
    start = time.monotonic()
    evidence = measure(data, tiny=tiny)
    run: dict[str, str | float] = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, no GPU used",
        "minutes": round((time.monotonic() - start) / 60, 1),
        "digest": digest,
    }
    return dataclasses.replace(evidence, run=run)


def report(evidence: Evidence) -> str:
    """Return the evidence as text for a terminal."""
    checks = "".join(f"[{'x' if so else ' '}] {check}\n" for check, so in evidence.checks.items())
    note = f"\n{evidence.note}\n" if evidence.note else ""
    return f"{evidence.claim}\n\n{evidence.table()}\n{checks}{note}\nVerdict: {evidence.verdict}\n"


def digest(files: Iterable[Path]) -> str:
    """Return what changes when the code in files does, and not with its comments, docstrings and layout.

    Every Python from 3.11 on gives the same.
    """
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in files]
    for node in (node for tree in trees for node in ast.walk(tree)):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node) is not None
        ):
            node.body = node.body[1:]
    return hashlib.sha256("\n".join(map(_dumped, trees)).encode()).hexdigest()[:16]


def _dumped(node: object) -> str:
    """What ast.dump says in Python 3.11; later ones tell of empty fields that this one does not know."""
    if isinstance(node, ast.AST):
        told = []
        for name in node._fields:
            value = getattr(node, name, None)
            left_out = value is None and getattr(type(node), name, "") is None
            if name != "type_params" and not left_out:
                told.append(f"{name}={_dumped(value)}")
        return f"{type(node).__name__}({', '.join(told)})"
    if isinstance(node, list):
        return f"[{', '.join(map(_dumped, node))}]"
    return repr(node)
