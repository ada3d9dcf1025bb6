"""Write the pages of reference that are read off the program: `python docs/generate.py`.

tests/test_docs.py fails when a page is not what this would write.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from broadsheet.cli import app
from broadsheet.config import PREFIX, Settings

FOLDER = Path(__file__).parent

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
    return "" if default in (None, False) or callable(default) else f"`{getattr(default, 'value', default)}`"


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
    return "empty" if field.default in ("", ()) else f"`{field.default}`"


PAGES = {"cli.md": cli, "settings.md": settings}


if __name__ == "__main__":
    for page, write in PAGES.items():
        (FOLDER / page).write_text(write(), encoding="utf-8")
