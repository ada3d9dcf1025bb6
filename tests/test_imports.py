"""What is loaded when, and what the root offers."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import broadsheet

HEAVY = {"torch", "onnxruntime", "onnx", "faiss", "pandas", "duckdb", "tokenizers", "transformers", "scipy"}
FACES = {"fastapi", "uvicorn", "jinja2", "typer", "rich", "httpx"}


def modules_loaded_by(code: str) -> set[str]:
    """The top-level packages in a fresh Python after some code."""
    script = f"{code}\nimport sys, json\nprint(json.dumps(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_reading_needs_nothing_heavy():
    loaded = modules_loaded_by(
        "import broadsheet\nwith broadsheet.open(':memory:') as house: house.edition(); house.demo()"
    )
    assert "sqlalchemy" in loaded
    assert loaded & HEAVY == set()


def test_the_nouns_need_no_house():
    loaded = modules_loaded_by("import broadsheet\nbroadsheet.Paper, broadsheet.Identifier")
    assert loaded & (HEAVY | FACES | {"sqlalchemy", "tantivy", "numpy", "pydantic"}) == set()


def test_help_needs_no_house():
    code = "import sys\nsys.argv = ['broadsheet', '--help']\nfrom broadsheet.cli import main\n"
    code += "try: main()\nexcept SystemExit as end: assert not end.code, end.code"
    loaded = modules_loaded_by(code)
    assert loaded & (HEAVY | {"sqlalchemy", "tantivy", "numpy", "fastapi", "httpx", "pydantic"}) == set()


def test_the_house_needs_no_face():
    assert modules_loaded_by("import broadsheet.house") & (FACES - {"httpx", "rich"}) == set()


def test_octavo_has_never_heard_of_the_paper():
    loaded = modules_loaded_by(
        "import octavo.protocols, octavo.exceptions, octavo.testing, octavo.find.exact"
    )
    assert loaded & {"broadsheet", "torch", "faiss", "onnxruntime"} == set()


def test_the_root_offers_one_door_and_the_nouns():
    assert broadsheet.__all__ == [
        "Author",
        "BroadsheetError",
        "Edition",
        "House",
        "Identifier",
        "NotFoundError",
        "Paper",
        "Record",
        "Rejection",
        "open",
    ]
    for name in broadsheet.__all__:
        assert getattr(broadsheet, name).__doc__


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'newspaper'"):
        _ = broadsheet.newspaper
