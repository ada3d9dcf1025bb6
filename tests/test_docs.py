"""The documentation is part of the program: complete, true where it can be run, and without dead ends."""

from __future__ import annotations

import doctest
import importlib
import re
import runpy
import warnings
from pathlib import Path

import pytest
import typer

import broadsheet
from broadsheet.cli import app
from broadsheet.config import Settings
from broadsheet.exports import formats as exports
from broadsheet.sources import formats as sources
from broadsheet.sources.harvest import HARVESTS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "benchmarks").rglob("*.md")])
GENERATED = runpy.run_path(str(DOCS / "generate.py"))


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def headings(text: str) -> list[str]:
    outside = re.sub(r"```.*?```", "", text, flags=re.S)
    return re.findall(r"^#+ +(.+?) *$", outside, flags=re.M)


def anchors(text: str) -> set[str]:
    """The anchors that a forge makes of the headings."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings(text))
    return set(plain)


def commands() -> dict[str, object]:
    """Every command by its whole name, groups too."""
    found = {}

    def walk(command, name):
        found[name] = command
        for child, below in getattr(command, "commands", {}).items():
            walk(below, f"{name} {child}".strip())

    walk(typer.main.get_command(app), "")
    return found


@pytest.mark.parametrize("name", sorted(GENERATED["PAGES"]))
def test_a_generated_page_is_current(name):
    assert page(name) == GENERATED["PAGES"][name](), "run: python docs/generate.py"


def test_evidence_lies_in_one_place_which_is_in_the_wheel():
    assert not (DOCS / "evidence").exists(), "it belongs into src/octavo/evidence"
    assert list((ROOT / "src" / "octavo" / "evidence").glob("*.json"))


def test_every_setting_has_a_heading_and_says_what_it_does():
    text = page("settings.md")
    assert set(Settings.model_fields) <= set(headings(text))
    assert all(field.description for field in Settings.model_fields.values())


def test_every_command_has_a_heading_and_every_parameter_says_what_it_is():
    named = headings(page("cli.md"))
    for name, command in commands().items():
        if getattr(command, "commands", None):
            continue
        assert f"broadsheet {name}" in named
        assert command.help
        for parameter in command.params:
            assert parameter.help, f"{name}: {parameter.name}"


def test_every_format_has_a_row():
    text = page("formats.md")
    for name in [*(each.NAME for each in sources.FORMATS), *(each.name for each in exports.FORMATS)]:
        assert f"| `{name}` |" in text, name


def test_every_source_to_pull_from_is_told_of():
    text = page("import.md")
    for name in HARVESTS:
        assert f"broadsheet pull {name}" in text


def test_every_address_is_told_of(tmp_path):
    web = importlib.import_module("broadsheet.web.app")
    text = page("api.md")
    with warnings.catch_warnings(), broadsheet.open(tmp_path, encoder="none") as house:
        warnings.simplefilter("ignore")
        paths = addresses(web.create_app(house).routes)
    assert len(paths) > 15
    missing = [path for path in paths if f"`{path}`" not in text]
    assert missing == []


def addresses(routes):
    """The paths of routes, those of routers that were included too."""
    found = set()
    for route in routes:
        router = getattr(route, "original_router", route)
        if getattr(router, "routes", None):
            found |= set(addresses(router.routes))
        elif path := getattr(route, "path", ""):
            found.add(re.sub(r":\w+}", "}", path))
    return sorted(found)


SHELL = re.compile(r"```(?:sh|console|bash)\n(.*?)```", re.S)


def shown_commands():
    for path in PAGES:
        for block in SHELL.findall(path.read_text(encoding="utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                found = re.match(r"(?:\$ )?(?:\w+=\S+ )*broadsheet (.*)", line.strip())
                if found and not found[1].startswith("["):
                    yield pytest.param(found[1].split("#")[0], id=f"{path.name}: {found[1][:50]}")


@pytest.mark.parametrize("line", list(shown_commands()))
def test_a_command_line_that_is_shown_exists(line):
    words = re.sub(r"--data-dir \S+ ", "", line).split("|")[0].split()
    known = commands()
    name = " ".join(words[:2]) if " ".join(words[:2]) in known else words[0]
    assert name in known, f"no command {name!r}"
    options = {spelled for parameter in known[name].params for spelled in parameter.opts} | {"--help", "--"}
    for word in words:
        if word == "--":
            break
        if re.match(r"--?[a-z]", word):
            assert word.split("=")[0] in options, f"{name} has no {word}"


LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_link_between_pages_is_broken(path):
    text = re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text(encoding="utf-8"), flags=re.S)
    for found in LINK.finditer(text):
        target = found[1] or found[2]
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        aim = (path.parent / file).resolve() if file else path
        assert aim.exists(), f"{path.name} links to {target}"
        if anchor:
            assert anchor in anchors(aim.read_text(encoding="utf-8")), f"{path.name} links to {target}"


def test_the_pages_of_the_documentation_are_listed():
    listed = page("README.md")
    for path in DOCS.glob("*.md"):
        assert path.name == "README.md" or f"({path.name})" in listed


WRITTEN = [
    path
    for folder in ("src", "tests", "docs", "scripts", "benchmarks", ".ci")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.is_file() and "__pycache__" not in path.parts and path.suffix not in {".png", ".gz", ".db"}
]


def test_nothing_is_left_for_later_and_no_machine_is_named():
    later = re.compile(r"\b(TODO|FIXME)\b")
    machine = re.compile(r"(?<![\w.~])/(work|root|home/\w+|opt/\w+|Users/\w+)/")
    for path in (*PAGES, *WRITTEN):
        if path == Path(__file__):
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        for pattern in (later, machine):
            found = pattern.search(text)
            assert not found, f"{path.relative_to(ROOT)}: {found[0]!r}"


MODULES = [
    ".".join(path.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__")
    for path in sorted((ROOT / "src").rglob("*.py"))
    if "migrations" not in path.parts and ">>>" in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_a_module_are_true(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.attempted
    assert result.failed == 0


@pytest.mark.parametrize(
    "path", [path for path in PAGES if ">>>" in path.read_text(encoding="utf-8")], ids=lambda path: path.name
)
def test_the_examples_on_a_page_are_true(path):
    assert doctest.testfile(str(path), module_relative=False, optionflags=doctest.ELLIPSIS).failed == 0
