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


@pytest.mark.parametrize("module", MODULES)
def test_no_torch_and_no_warning(module):
    code = f"import {module}, sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    loaded = {name.split(".")[0] for name in json.loads(done.stdout)}
    allowed = {"torch"} if learns(module) else set()
    assert loaded & {"torch", "transformers", "scipy", "broadsheet"} <= allowed


def learns(module):
    """Whether a module says itself, at its top, that it needs torch."""
    source = Path(importlib.util.find_spec(module).origin).read_text(encoding="utf-8")
    return bool(re.search(r"^(import|from) torch\b", source, flags=re.M))


def test_the_rooms_are_found():
    assert {"octavo.encode.minilm", "octavo.find.quantised", "octavo.check.retrieval"} <= set(MODULES)
