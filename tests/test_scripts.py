from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = ["scripts/run", "scripts/install", "scripts/check", "scripts/test", ".ci/run"]


def bash(script, **environment):
    """Run a few lines of bash beside scripts/environment."""
    lines = f'set -euo pipefail\nsource "{ROOT}/scripts/environment"\n{script}'
    return subprocess.run(
        ["/bin/bash", "-c", lines],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.mark.parametrize("name", [*SCRIPTS, "scripts/environment"])
def test_bash_understands_it(name):
    assert subprocess.run(["bash", "-n", ROOT / name], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_can_be_run_and_stops_at_the_first_failure(name):
    assert os.access(ROOT / name, os.X_OK)
    assert "set -euo pipefail" in (ROOT / name).read_text()


def test_continuous_integration_calls_scripts_alone():
    last = (ROOT / ".ci/run").read_text().strip().splitlines()[-1]
    assert last == "scripts/install && scripts/check && scripts/test"


def test_run_tells_how_it_is_used(tmp_path):
    done = subprocess.run(
        [ROOT / "scripts/run", "--help"], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0
    assert "scripts/run [FILE...]" in done.stdout


def fake(folder, name, code):
    path = folder / name
    path.write_text(f"#!/bin/sh\nexit {code}\n")
    path.chmod(0o755)
    return path


def test_run_stops_at_a_path_that_leads_nowhere(tmp_path):
    (tmp_path / "here.bib").write_text("")
    done = subprocess.run(
        [ROOT / "scripts/run", "here.bib", "not here.bib"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
        timeout=20,
    )
    assert done.returncode == 1
    assert done.stderr == "No such file or folder: not here.bib\n"


def test_a_python_that_is_too_old_is_passed_over(tmp_path):
    fake(tmp_path, "python3", 1)
    fake(tmp_path, "python3.12", 0)
    assert bash("find_python", PATH=f"{tmp_path}:/usr/bin:/bin", PYTHON="").stdout == "python3.12\n"


def test_the_python_that_is_named_comes_first(tmp_path):
    named = fake(tmp_path, "snake", 0)
    assert bash("find_python", PYTHON=str(named)).stdout == f"{named}\n"


def test_without_a_python_there_is_one_clear_sentence(tmp_path):
    for name in ("python", "python3", *(f"python3.{minor}" for minor in range(11, 15))):
        fake(tmp_path, name, 1)
    done = bash('python=$(find_python); echo "never here"', PATH=f"{tmp_path}:/usr/bin:/bin", PYTHON="")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "needs Python 3.11 or newer" in done.stderr


def test_installing_is_done_once(tmp_path):
    """With a virtual environment whose stamp is current, nothing is installed."""
    environment = tmp_path / "venv"
    (environment / "bin").mkdir(parents=True)
    fake(environment / "bin", "python", 0)
    stamp = 'printf "%s %s dev\\n" "$root" "$(cksum <"$root/pyproject.toml")" >"$venv/.installed"'
    done = bash(f"venv={environment}\n{stamp}\nenvironment\nenvironment dev\necho ready")
    assert (done.returncode, done.stdout, done.stderr) == (0, "ready\n", "")


def test_installing_is_done_again_when_the_project_has_changed(tmp_path):
    environment = tmp_path / "venv"
    (environment / "bin").mkdir(parents=True)
    # A stand-in for pip that keeps what it was asked for.
    python = environment / "bin" / "python"
    python.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/asked\n')
    python.chmod(0o755)
    done = bash(f'venv={environment}\necho "$root 1 2 dev" >"$venv/.installed"\nenvironment\nenvironment')
    assert done.returncode == 0, done.stderr
    installs = [line for line in (tmp_path / "asked").read_text().splitlines() if "pip" in line]
    assert len(installs) == 1
    assert installs[0].endswith("-e .[dev]")
