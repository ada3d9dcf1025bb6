"""Octavo is loaded without torch, and says nothing while it is."""

import json
import pkgutil
import subprocess
import sys

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
    assert loaded & {"torch", "transformers", "scipy", "broadsheet"} == set()


def test_the_rooms_are_found():
    assert {"octavo.encode.minilm", "octavo.find.quantised", "octavo.check.retrieval"} <= set(MODULES)
