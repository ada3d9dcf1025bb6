"""The arrows of the house, read off the source with ast: imports go down only.

A lazy import inside a function counts; what stands under `if TYPE_CHECKING:` does not.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src"

# From the roof to the ground. A room imports itself and what stands on a lower line, never a neighbour.
FLOORS: tuple[frozenset[str], ...] = tuple(
    frozenset(line.split())
    for line in """
    __main__
    cli
    web agents
    jobs
    house
    foryou
    doctor checkup evaluation harvesting mailing plugins community subjects
    intake
    feed search digest people methods
    store sources exports
    identifiers categories fields
    papers readers subscriptions
    config
    exceptions
    """.strip().splitlines()
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

# The rooms of octavo meet only through these.
SHARED = frozenset(
    {
        "protocols",
        "exceptions",
        "arrays",
        "tensors",
        "training",
        "moving",
        "saving",
        "testing",
        "catalogue",
        "chart",
    }
)
OCTAVO = frozenset(
    {"encode", "teach", "shrink", "find", "bridge", "rank", "denoise"}
    | {"tag", "discover", "adapt", "explain", "check", "see", "lab"}
)

# A heavy or far-reaching package has one home; nobody else imports it.
HOMES: dict[str, tuple[str, ...]] = {
    "sqlalchemy": ("broadsheet.store",),
    "alembic": ("broadsheet.store",),
    "sqlite3": ("broadsheet.store", "broadsheet.doctor"),
    "tantivy": ("broadsheet.search",),
    "faiss": ("octavo.find",),
    "onnxruntime": ("octavo.encode",),
    "onnx": ("octavo.encode",),
    "typer": ("broadsheet.cli",),
    "rich": ("broadsheet.cli",),
    "fastapi": ("broadsheet.web",),
    "starlette": ("broadsheet.web",),
    "jinja2": ("broadsheet.web", "broadsheet.digest"),
    "uvicorn": ("broadsheet.web",),
    "torch": ("octavo",),
    "sklearn": ("octavo",),
    "huey": ("broadsheet.jobs",),
    "mjml": ("broadsheet.digest",),
    "dkim": ("broadsheet.digest",),
    "smtplib": ("broadsheet.mailing",),
    "argon2": ("broadsheet.people",),
    "webauthn": ("broadsheet.people",),
    "authlib": ("broadsheet.people",),
}
# A parser is pure; only these modules beside them reach out.
NETWORK = frozenset({"httpx", "requests", "socket", "urllib.request", "http.client"})
FETCHERS = re.compile(r"broadsheet\.sources\.(fetch\w*|harvest\w*)(\..*)?$")

NAMELESS = frozenset({"utils", "util", "common", "helpers", "helper", "misc", "shared", "base_utils"})
LONGEST = 400


def modules(src: Path) -> dict[str, Path]:
    """Dotted name → file of every module under src."""
    found = {}
    for path in sorted(src.rglob("*.py")):
        parts = path.relative_to(src).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(name: str, path: Path, known: Iterable[str]) -> Iterator[str]:
    """The dotted names that a module imports: modules of ours where they are, else as written."""
    known = set(known)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in running(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                start = ".".join([*above, start] if start else above)
            for alias in node.names:
                deeper = f"{start}.{alias.name}"
                yield deeper if deeper in known else start


def running(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but those that only the type checker sees."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for other in node.orelse:
                yield other
                yield from running(other)
            continue
        yield node
        yield from running(node)


def room(name: str) -> str:
    return name.split(".")[1] if "." in name else ""


def within(name: str, home: str) -> bool:
    return name == home or name.startswith(f"{home}.")


def violations(src: Path) -> list[str]:
    """Everything under src that breaks the rule, one sentence each."""
    ours = modules(src)
    graph = {name: sorted(set(imports(name, path, ours))) for name, path in ours.items()}
    found = []
    for name, path in ours.items():
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LONGEST:
            found.append(f"{name} has {lines} lines, more than {LONGEST}")
        if bad := NAMELESS & set(name.split(".")):
            found.append(f"{name}: {min(bad)} names no noun; a helper lives with the noun it helps")
        if unknown := unknown_room(name):
            found.append(unknown)
        reasons = {target: forbidden(name, target) for target in graph[name]}
        found += [f"{name} imports {target}: {reason}" for target, reason in reasons.items() if reason]
    found += [f"import cycle: {' → '.join(cycle)}" for cycle in cycles(graph)]
    return found


def unknown_room(name: str) -> str:
    top, place = name.split(".")[0], room(name)
    drawn = {"broadsheet": FLOOR.keys(), "octavo": OCTAVO | SHARED}.get(top, frozenset())
    return f"{name}: no such room in the drawing" if place and place not in drawn else ""


def forbidden(name: str, target: str) -> str:
    """Why a module may not import another, or ''."""
    for package, homes in HOMES.items():
        if within(target, package) and not any(within(name, home) for home in homes):
            return f"{package} lives in {' and '.join(homes)}"
    if any(within(target, package) for package in NETWORK) and within(name, "broadsheet.sources"):
        return "" if FETCHERS.match(name) else "a parser never touches the network"
    mine, theirs = name.split(".")[0], target.split(".")[0]
    if theirs not in {"broadsheet", "octavo"}:
        return ""
    here, there = room(name), room(target)
    if theirs == "octavo" and there == "lab" and not (mine == "octavo" and here == "lab"):
        return "lab is imported by nobody"
    if mine == "octavo":
        if theirs == "broadsheet":
            return "octavo has never heard of the paper"
        if here != there and there not in SHARED and here != "lab":
            return "rooms of octavo meet only through protocols, exceptions and testing"
        return ""
    if theirs == "octavo" or here == there or not there or not here:
        return ""
    if FLOOR.get(there, -1) <= FLOOR.get(here, len(FLOORS)):
        return f"{there} does not stand below {here}"
    return ""


def cycles(graph: dict[str, list[str]]) -> list[list[str]]:
    """The strongly connected groups of more than one module (Tarjan), each sorted."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found = []

    def visit(name: str) -> None:
        number[name] = low[name] = len(number)
        stack.append(name)
        for target in graph[name]:
            if target not in graph:
                continue
            if target not in number:
                visit(target)
                low[name] = min(low[name], low[target])
            elif target in stack:
                low[name] = min(low[name], number[target])
        if low[name] == number[name]:
            group = []
            while not group or group[-1] != name:
                group.append(stack.pop())
            if len(group) > 1:
                found.append(sorted(group))

    for name in graph:
        if name not in number:
            visit(name)
    return found


def test_the_house_obeys_the_rule():
    assert violations(SRC) == []


def test_the_reader_of_imports_sees_the_real_ones():
    ours = modules(SRC)
    assert len(ours) > 20
    seen = set(imports("broadsheet.house", ours["broadsheet.house"], ours))
    assert {"broadsheet.intake", "broadsheet.store", "broadsheet.feed.editions", "octavo.protocols"} <= seen


CLEAN = {
    "broadsheet/__init__.py": "from broadsheet.papers import Paper",
    "broadsheet/papers.py": "Paper = 1",
    "broadsheet/store/__init__.py": "from broadsheet.store.works import Works",
    "broadsheet/store/works.py": "import sqlalchemy\nfrom broadsheet.papers import Paper\nWorks = 1",
    "broadsheet/house.py": "from broadsheet.store import Works\nfrom octavo.find.exact import ExactIndex",
    "broadsheet/web/app.py": "from broadsheet.house import House\nfrom ..papers import Paper",
    "octavo/protocols.py": "",
    "octavo/find/exact.py": "from octavo.protocols import Index",
    "octavo/lab/claims.py": "from octavo.find.exact import ExactIndex",
}


def plant(folder: Path, files: dict[str, str]) -> Path:
    for name, text in {**CLEAN, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    return folder


def test_a_clean_house_has_no_violation(tmp_path):
    assert violations(plant(tmp_path, {})) == []


def test_what_only_the_type_checker_sees_is_free(tmp_path):
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from broadsheet.house import House"
    assert violations(plant(tmp_path, {"broadsheet/doctor.py": text})) == []
    lazy = "def look():\n    from broadsheet.house import House"
    assert violations(plant(tmp_path, {"broadsheet/doctor.py": lazy})) != []


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("broadsheet/store/up.py", "from broadsheet.house import House", "house does not stand below store"),
        (
            "broadsheet/store/up.py",
            "def f():\n    import broadsheet.web.app",
            "web does not stand below store",
        ),
        ("broadsheet/sources/x.py", "from ..store import Works", "store does not stand below sources"),
        ("broadsheet/feed/x.py", "from broadsheet.search import find", "search does not stand below feed"),
        ("broadsheet/web/x.py", "from broadsheet import cli", "cli does not stand below web"),
        ("broadsheet/papers.py", "from broadsheet.store import Works", "store does not stand below papers"),
        ("broadsheet/sources/x.py", "import httpx", "a parser never touches the network"),
        (
            "broadsheet/sources/x.py",
            "from urllib.request import urlopen",
            "a parser never touches the network",
        ),
        ("broadsheet/web/x.py", "from sqlalchemy import select", "sqlalchemy lives in broadsheet.store"),
        ("broadsheet/search/x.py", "import torch.nn", "torch lives in octavo"),
        ("broadsheet/attic/x.py", "", "no such room in the drawing"),
        ("broadsheet/store/utils.py", "", "names no noun"),
        ("octavo/helpers/x.py", "", "names no noun"),
        ("octavo/find/x.py", "from broadsheet.papers import Paper", "octavo has never heard of the paper"),
        ("octavo/encode/x.py", "from octavo.find.exact import ExactIndex", "rooms of octavo meet only"),
        ("octavo/protocols.py", "import octavo.find.exact", "rooms of octavo meet only"),
        ("octavo/find/x.py", "from octavo.lab.claims import claim", "lab is imported by nobody"),
        ("broadsheet/house.py", "from octavo.lab import claims", "lab is imported by nobody"),
        ("broadsheet/store/works.py", "from broadsheet.store import Works", "import cycle"),
        ("broadsheet/store/long.py", "x = 1\n" * 401, "has 40"),
    ],
)
def test_a_planted_violation_is_found(tmp_path, file, text, complaint):
    if complaint.startswith("cli"):
        plant(tmp_path, {"broadsheet/cli.py": ""})
    found = violations(plant(tmp_path, {file: text}))
    assert any(complaint in violation for violation in found), found
