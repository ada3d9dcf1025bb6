"""Run examples and keep what they measured in src/octavo/evidence: scripts/evidence [NAME...] --data DIR

Without names, those whose evidence is missing or older than their code: interrupted, it goes on where it was.
"""

from __future__ import annotations

import argparse
import runpy
import subprocess
import sys
from pathlib import Path

import filelock

from octavo.catalogue import Evidence, methods
from octavo.lab.experiment import digest, noted

HERE = Path(__file__).parent
SOURCE = HERE.parent / "src"
EVIDENCE = SOURCE / "octavo" / "evidence"
EXAMPLES = {path.stem: path for path in sorted(HERE.glob("*.py")) if path != Path(__file__)}
MODULES = {
    method.name: SOURCE / f"{method.module.replace('.', '/')}.py" for method in methods(SOURCE / "octavo")
}


def is_current(name: str) -> bool:
    try:
        evidence = Evidence.read(EVIDENCE / f"{name}.json")
    except (OSError, ValueError):
        return False
    return evidence.run.get("digest") == digest([EXAMPLES[name], MODULES[name]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(EXAMPLES)}")
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds search/")
    given = parser.parse_args()
    if unknown := set(given.names) - EXAMPLES.keys():
        parser.error(f"no example {', '.join(sorted(unknown))}; there are {', '.join(EXAMPLES)}")
    EVIDENCE.mkdir(exist_ok=True)
    alone = filelock.FileLock(EVIDENCE / ".lock", timeout=0)
    try:
        alone.acquire()
    except filelock.Timeout:
        parser.error(f"another run is measuring into {EVIDENCE}; two would slow and overwrite each other")
    with alone:
        measure_all(given.names, given.data)


def measure_all(names: list[str], data: Path) -> None:
    due = names or [name for name in EXAMPLES if not is_current(name)]
    for place, name in enumerate(due, 1):
        print(f"[{place}/{len(due)}] {name} ...", end=" ", flush=True)
        measure = runpy.run_path(str(EXAMPLES[name]))["measure"]
        evidence = noted(measure, data, digest=digest([EXAMPLES[name], MODULES[name]]))
        evidence.write(EVIDENCE / f"{name}.json")
        print(f"{evidence.verdict}, {evidence.run['minutes']} min", flush=True)
    subprocess.run([sys.executable, str(HERE.parent / "docs" / "generate.py")], check=True)


if __name__ == "__main__":
    main()
