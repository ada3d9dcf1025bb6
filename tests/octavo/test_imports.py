"""Octavo is loaded without torch, but where something learns, and says nothing while it is."""

import importlib.util
import json
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import octavo

MODULES = ["octavo", *(module.name for module in pkgutil.walk_packages(octavo.__path__, "octavo."))]


# Each module is imported in a process of its own, which begins as a copy of one that has NumPy already; and torch,
# where the module says that it learns: torch takes a second each time.
EACH = """
import json, os, sys, warnings
import numpy
for module in sys.argv[1:]:
    if module == "torch":
        import torch
        print(json.dumps([module, sorted(sys.modules)]))
        continue
    sys.stdout.flush()
    if (child := os.fork()) == 0:
        warnings.simplefilter("error")
        os.dup2(1, 2)
        __import__(module)
        print(json.dumps([module, sorted(sys.modules)]), flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""


@pytest.fixture(scope="module")
def told():
    light = [module for module in MODULES if not learns(module)]
    wanted = [*light, "torch", *(module for module in MODULES if learns(module))]
    done = subprocess.run([sys.executable, "-c", EACH, *wanted], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_no_torch_and_no_warning(told):
    said = [json.loads(line) if line.startswith("[") else line for line in told]
    assert sorted(line[0] for line in said) == sorted([*MODULES, "torch"]), "\n".join(told)
    for module, loaded in said:
        allowed = {"torch"} if module == "torch" or learns(module) else set()
        heavy = {name.split(".")[0] for name in loaded} & {"torch", "transformers", "scipy", "broadsheet"}
        assert heavy <= allowed, module


def learns(module):
    """Whether a module says itself, at its top, that it needs torch, or has a class of one that does."""
    source = Path(importlib.util.find_spec(module).origin).read_text(encoding="utf-8")
    if re.search(r"^(import|from) torch\b", source, flags=re.M):
        return True
    taken = re.findall(r"^from (octavo[\w.]+) import (\w+)$", source, flags=re.M)
    return any(re.search(rf"^class \w+\({name}\):", source, flags=re.M) and learns(of) for of, name in taken)


def test_the_rooms_are_found():
    assert {"octavo.encode.minilm", "octavo.find.quantised", "octavo.check.retrieval"} <= set(MODULES)
