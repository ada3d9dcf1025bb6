"""Run examples and keep what they measured in src/octavo/evidence: scripts/evidence [NAME...] --data DIR

Without names, those whose evidence is missing or of other code: interrupted, it goes on where it was. --all
runs every one again. One that fails is told of at the end, and the others run all the same.
"""

from __future__ import annotations

import argparse
import runpy
import subprocess
import sys
import traceback
from pathlib import Path

import filelock

from octavo.catalogue import Evidence, evidence_of, methods
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
    parser.add_argument("--all", action="store_true", help="those that are current, too")
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
        failed = measure_all(list(EXAMPLES) if given.all else given.names, given.data)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def measure_all(names: list[str], data: Path) -> list[str]:
    """Run examples, or those that are due, and return the names of those that failed."""
    due = names or [name for name in EXAMPLES if not is_current(name)]
    failed = []
    for place, name in enumerate(due, 1):
        print(f"[{place}/{len(due)}] {name} ({left(due[place - 1 :])}) ...", end=" ", flush=True)
        try:
            measure = runpy.run_path(str(EXAMPLES[name]))["measure"]
            evidence = noted(measure, data, digest=digest([EXAMPLES[name], MODULES[name]]))
        except Exception:
            print("failed", flush=True)
            traceback.print_exc()
            failed.append(name)
            continue
        evidence.write(EVIDENCE / f"{name}.json")
        print(f"{evidence.verdict}, {evidence.run['minutes']} min", flush=True)
    subprocess.run([sys.executable, str(HERE.parent / "docs" / "generate.py")], check=True)
    return failed


def left(names: list[str]) -> str:
    """Return how long examples took the last time."""
    last = [evidence_of(name, EVIDENCE) for name in names]
    minutes = sum(float(each.run["minutes"]) for each in last if each)
    unknown = sum(each is None for each in last)
    return f"about {minutes:.0f} min left" + (f" and {unknown} never measured" if unknown else "")


if __name__ == "__main__":
    main()
