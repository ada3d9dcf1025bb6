"""Write the pages of reference that are read off the program: `python docs/generate.py`.

tests/test_docs.py fails when a page is not what this would write.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import typer

from broadsheet.cli import app
from broadsheet.config import PREFIX, Settings
from octavo.catalogue import ROOMS, Cited, Method, evidence_of, methods
from octavo.chart import chart_of, headline, svg

FOLDER = Path(__file__).parent
SOURCE = FOLDER.parent / "src" / "octavo"

CLI = """\
# The command line

`broadsheet COMMAND --help` tells the same. This page is written by `python docs/generate.py`.

Lists are set for reading in a terminal and come as tab-separated lines, without a header, into a pipe:
`key, day, votes, title, authors` for papers (search adds the score). `--json` answers are an envelope,
`{"schema_version": 1, "data": ...}`; papers in it look as in [our own export](formats.md#our-own-export).
What is not part of the answer (progress, notes, rejections) goes to standard error. Colours heed `NO_COLOR`.

## Exit codes

| code | meaning |
|---|---|
| 0 | done |
| 1 | failed; the line on standard error says why. `doctor`: there is a problem |
| 2 | not understood: an unknown option, a setting that cannot be used |
| 3 | what was asked for is not here: no such paper, no such edition, no such export format |
| 4 | a part of the input was rejected or could not be read; the rest is in |
| 130, 141 | interrupted by Ctrl-C; the reader of a pipe went away |

## For every command

`broadsheet --data-dir FOLDER COMMAND ...` works on another data folder than the one of the
[settings](settings.md#data_dir).
"""

SETTINGS = f"""\
# Settings

Every setting is an environment variable, `{PREFIX}` and the name in capitals; `broadsheet config` prints
what is in effect. Instead of `{PREFIX}NAME`, `{PREFIX}NAME_FILE` may name a file that holds the value, as
container platforms mount secrets. This page is written by `python docs/generate.py`.
"""


def cli() -> str:
    """Return the page of every command with its arguments and options."""
    return CLI + "".join(_command(name, command) for name, command in _commands(typer.main.get_command(app)))


def _commands(command: Any, name: str = "broadsheet") -> Iterator[tuple[str, Any]]:
    """Every command below, with its whole name."""
    for child, below in command.commands.items():
        if getattr(below, "commands", None):
            yield from _commands(below, f"{name} {child}")
        else:
            yield f"{name} {child}", below


def _command(name: str, command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and not p.hidden]
    usage = " ".join([name, *map(_usage, arguments), *(["[OPTIONS]"] if options else [])])
    text = f"\n## {name}\n\n```\n{usage}\n```\n\n{_prose(command.help)}\n"
    rows = [(_usage(a).strip("[].").removesuffix("..."), a.help or "", None) for a in arguments]
    rows += [(", ".join((*o.opts, *o.secondary_opts)), o.help or "", _default(o)) for o in options]
    if rows:
        text += "\n| | |\n|---|---|\n"
    for spelled, told, default in rows:
        text += f"| `{spelled}` | {_cell(told)}{f' Default: {default}.' if default else ''} |\n"
    return text


def _usage(argument: Any) -> str:
    metavar = argument.name.upper().rstrip("_") + ("..." if argument.nargs == -1 else "")
    return metavar if argument.required else f"[{metavar}]"


def _default(option: Any) -> str:
    default = option.default
    return (
        "" if default in (None, False, "") or callable(default) else f"`{getattr(default, 'value', default)}`"
    )


def _prose(text: str | None) -> str:
    return "\n".join(line.strip() for line in (text or "").strip().splitlines())


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def settings() -> str:
    """Return the page of every setting with its default and meaning."""
    text = SETTINGS
    for name, field in Settings.model_fields.items():
        variable = f"{PREFIX}{name.upper()}"
        text += f"\n## {name}\n\n`{variable}`, default: {_value(name, field)}\n\n{field.description}\n"
    return text


def _value(name: str, field: Any) -> str:
    if name == "data_dir":
        return "the user's data folder, such as `~/.local/share/broadsheet`"
    return "empty" if str(field.default) in ("", "()") else f"`{field.default}`"


METHODS = """\
# Methods

What Octavo implements, one module a paper, and what became of each paper's claim on real data, on one small
machine. The verdict follows from the checks of its example: *holds* if all came true, *holds in part* if
some did, *not seen here* if none. `scripts/evidence --data DIR` measures again; this page and those of the
methods are written by `python docs/generate.py` from the modules' docstrings and their
[evidence](../../src/octavo/evidence). A house of papers shows the same at `/methods` and marks the papers
that are implemented here; `broadsheet methods` lists them.
"""


def index_of_methods() -> str:
    """Return the list of all methods, by the question they answer."""
    found = methods(SOURCE)
    text = f"{METHODS}\n{len(found)} methods; {_counted(found)}.\n"
    for room, question in ROOMS.items():
        inside = [method for method in found if method.room == room]
        if inside:
            text += f"\n## {question}\n\n`octavo.{room}`\n\n| method | does | verdict | leading figure |\n"
            text += "|---|---|---|---|\n" + "".join(map(_line, inside))
    return text


def _counted(found: list[Method]) -> str:
    verdicts = [evidence.verdict if (evidence := evidence_of(m.name)) else "not measured yet" for m in found]
    names = sorted(set(verdicts), key=lambda name: (-verdicts.count(name), name))
    return ", ".join(f"{name}: {verdicts.count(name)}" for name in names)


def _line(method: Method) -> str:
    evidence = evidence_of(method.name)
    verdict = evidence.verdict if evidence else "not measured yet"
    paper = f"{method.papers[0].authors}, {method.papers[0].year}"
    does = f"{_cell(_sentence(method.summary))} <br>{paper}"
    figure = _cell(headline(evidence, method.title)) if evidence else ""
    return f"| [{method.title}]({method.name}.md) | {does} | {verdict} | {figure} |\n"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def method_page(method: Method) -> str:
    """Return the page of one method."""
    paper, *others = method.papers
    text = f"# {method.title}\n\n{_sentence(method.summary)}\n\n{_reference(paper)}\n"
    if others:
        text += "\nIt builds on:\n\n" + "".join(f"- {_reference(other)}\n" for other in others)
    text += f"\n```\n{method.equation}\n```\n\n**Differs from the paper:** {method.differs}\n"
    module = f"src/{method.module.replace('.', '/')}.py"
    example = f"examples/{method.name}.py"
    text += f"\nModule: [`{method.module}`](../../{module})."
    evidence = evidence_of(method.name)
    if evidence is None:
        return f"{text}\n"
    text += f" Example: [`{example}`](../../{example}).\n\n"
    text += f"## Evidence: {evidence.verdict}\n\n{evidence.claim}\n\n"
    text += "".join(f"- {'yes' if so else 'no'}: {check}\n" for check, so in evidence.checks.items())
    if figure(method):
        text += f"\n![{headline(evidence, method.title)}]({method.name}.svg)\n"
    text += f"\n{evidence.table()}\n{evidence.note}{' ' if evidence.note else ''}"
    return f"{text}Measured on {evidence.run['date']}, {evidence.run['machine']}.\n"


def figure(method: Method) -> str:
    """Return the leading column of a method's evidence as SVG, or "" where there is none."""
    evidence = evidence_of(method.name)
    drawn = chart_of(evidence, method.title) if evidence else None
    return svg(drawn) if drawn else ""


def _reference(paper: Cited) -> str:
    scheme, _, value = paper.identifier.partition(":")
    address = f"https://arxiv.org/abs/{value}" if scheme == "arxiv" else f"https://doi.org/{value}"
    return f"{paper.title} ({paper.authors}, {paper.year}), [{paper.identifier}]({address})."


PAGES = {
    "cli.md": cli,
    "settings.md": settings,
    "methods/index.md": index_of_methods,
    **{f"methods/{method.name}.md": partial(method_page, method) for method in methods(SOURCE)},
    **{f"methods/{method.name}.svg": partial(figure, method) for method in methods(SOURCE) if figure(method)},
}


if __name__ == "__main__":
    for page, write in PAGES.items():
        path = FOLDER / page
        path.parent.mkdir(exist_ok=True)
        path.write_text(write(), encoding="utf-8")
