"""What every command needs: the house it works on, and one way to fail.

Exit codes: 0 done, 1 failed, 2 not understood (usage, settings), 3 what was asked for is not here,
4 a part of the input was rejected or could not be read. 130 and 141 are those of a shell's own
for Ctrl-C and for a reader that went away (`broadsheet archive | head`).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperGroup

from broadsheet.exceptions import BroadsheetError, ConfigError, NotFoundError, UnreadableInputError
from octavo.exceptions import OctavoError

if TYPE_CHECKING:
    from broadsheet.config import Settings
    from broadsheet.house import House
    from broadsheet.readers import Reader

As = Annotated[str | None, typer.Option("--as", help="As which reader. Default: the owner.")]

FAILED: Final = 1
NOT_UNDERSTOOD: Final = 2
NOT_FOUND: Final = 3
PARTLY: Final = 4
INTERRUPTED: Final = 130
READER_GONE: Final = 141


class Group(TyperGroup):
    """The commands together: what goes wrong on purpose becomes one line on stderr and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            # What is still in the buffer would complain again when Python closes stdout.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(READER_GONE) from None
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None
        except (BroadsheetError, OctavoError) as error:
            typer.echo(f"broadsheet: {error}", err=True)
            raise typer.Exit(exit_code(error)) from None
        except OSError as error:
            place = f"{error.filename}: " if error.filename else ""
            typer.echo(f"broadsheet: {place}{error.strerror or error}", err=True)
            raise typer.Exit(FAILED) from None
        return result


def exit_code(error: Exception) -> int:
    """The exit code that tells what kind of error it was.

    >>> exit_code(NotFoundError("no such paper")), exit_code(ConfigError("a port is a number"))
    (3, 2)
    """
    match error:
        case NotFoundError():
            return NOT_FOUND
        case ConfigError():
            return NOT_UNDERSTOOD
        case UnreadableInputError():
            return PARTLY
        case _:
            return FAILED


def effective_settings(ctx: typer.Context, **given: Any) -> Settings:
    """The settings from the environment; what the command line says wins."""
    from broadsheet.config import settings

    folder: Path | None = ctx.obj
    if folder is not None:
        given["data_dir"] = folder
    return settings(**given)


def open_house(ctx: typer.Context, *, to_read: bool = False, **given: Any) -> House:
    """The house of the configured data folder; use it as a context manager.

    A command that only reads also works on a folder that it may not write.
    """
    from broadsheet.house import House

    config = effective_settings(ctx, **given)
    folder = config.data_dir
    read_only = to_read and folder.is_dir() and not os.access(folder, os.W_OK)
    return House(config, read_only=read_only)


def acting(house: House, name: str | None) -> Reader:
    """Who acts: the reader whom `--as` names, with or without an @, or the owner. Raises NotFoundError."""
    return house.people.owner() if name is None else house.people.named(name.removeprefix("@"))
