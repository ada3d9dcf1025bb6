"""Who reads here: broadsheet people ..."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.cli.reading import Json
from broadsheet.cli.session import open_house
from broadsheet.readers import Role

if TYPE_CHECKING:
    from broadsheet.house import House

app = typer.Typer(no_args_is_help=True, help="Who reads here: create, invite, list, change, close.")

Name = Annotated[str, typer.Argument(help="The reader's name.")]


@app.command("list")
def list_(ctx: typer.Context, as_json: Json = False) -> None:
    """List everybody who has an account."""
    from broadsheet.cli import printing

    with open_house(ctx, to_read=True) as house:
        accounts = house.store.accounts.every()
    if as_json:
        printing.print_json(
            [
                {
                    "id": account.reader.id,
                    "name": account.reader.name,
                    "shown": account.reader.shown,
                    "role": account.reader.role.value,
                    "email": account.reader.email,
                    "created": account.created.isoformat(),
                    "disabled": account.disabled,
                }
                for account in accounts
            ]
        )
        return
    rows = [
        (
            account.reader.name,
            account.reader.role.value,
            account.created.date(),
            "closed" if account.disabled else "open",
            account.reader.email,
            account.reader.shown,
        )
        for account in accounts
    ]
    printing.print_list(("name", "role", "since", "account", "address", "shown as"), rows)


@app.command()
def create(
    ctx: typer.Context,
    name: Name,
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.READER,
    email: Annotated[str, typer.Option(help="Their address of mail, which you vouch for.")] = "",
    as_json: Json = False,
) -> None:
    """Make an account, and print a link with which its reader chooses a password."""
    with open_house(ctx) as house:
        reader = house.people.create(name, role=role, email=email, confirmed=bool(email))
        _print_link(house, as_json, "reset", house.people.links.reset_token(reader), name=reader.name)


@app.command()
def invite(
    ctx: typer.Context,
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.READER,
    as_json: Json = False,
) -> None:
    """Print a link with which somebody becomes a reader, once, within two weeks."""
    with open_house(ctx) as house:
        token, _ = house.people.links.invite(None, role)
        _print_link(house, as_json, "invitation", token, role=role.value)


@app.command()
def link(ctx: typer.Context, name: Name, as_json: Json = False) -> None:
    """Print a link with which a reader chooses a new password, within two hours."""
    with open_house(ctx) as house:
        reader = house.people.named(name)
        _print_link(house, as_json, "reset", house.people.links.reset_token(reader), name=reader.name)


@app.command("role")
def role_(
    ctx: typer.Context, name: Name, role: Annotated[Role, typer.Argument(help="The new role.")]
) -> None:
    """Make somebody a reader, a curator or an admin."""
    from broadsheet.cli.printing import note

    with open_house(ctx) as house:
        reader = house.people.give_role(house.people.named(name), role)
    note(f"{reader.name} is {reader.role.value} now")


@app.command()
def rename(ctx: typer.Context, name: Name, to: Annotated[str, typer.Argument(help="The new name.")]) -> None:
    """Call a reader by another name."""
    from broadsheet.cli.printing import note

    with open_house(ctx) as house:
        reader = house.people.rename(house.people.named(name), to)
    note(f"{name} is called {reader.name} now")


@app.command()
def disable(
    ctx: typer.Context,
    name: Name,
    undo: Annotated[bool, typer.Option("--undo", help="Open the account again.")] = False,
) -> None:
    """Close an account: nobody comes in with it, and every browser is signed out. What it made stays."""
    from broadsheet.cli.printing import note

    with open_house(ctx) as house:
        house.people.disable(house.people.named(name), not undo)
    note(f"the account of {name} is {'open again' if undo else 'closed'}")


@app.command()
def export(ctx: typer.Context, name: Name) -> None:
    """Print everything a reader made and everything kept about them, as JSON."""
    from broadsheet.cli.printing import print_json

    with open_house(ctx, to_read=True) as house:
        print_json(house.people.export(house.people.named(name)))


@app.command()
def delete(
    ctx: typer.Context,
    name: Name,
    force: Annotated[bool, typer.Option("--force", help="Do not ask.")] = False,
) -> None:
    """Remove an account and everything that is its reader's own. It cannot be undone."""
    from broadsheet.cli.printing import note

    with open_house(ctx) as house:
        reader = house.people.named(name)
        if not force:
            typer.confirm(f"Remove {reader.name} and everything of theirs for good?", abort=True)
        house.people.delete(reader)
    note(f"{name} is gone")


def site(house: House) -> str:
    """The address of the site, as far as the settings tell."""
    config = house.settings
    return config.base_url or f"http://{config.host}:{config.port}"


def _print_link(house: House, as_json: bool, kind: str, token: str, **more: Any) -> None:
    from broadsheet.cli.printing import note, print_json

    address = f"{site(house)}/{kind}/{token}"
    if house.settings.readers == "one":
        note("BROADSHEET_READERS is 'one': nobody signs in, and the link leads nowhere before it is 'many'")
    if as_json:
        print_json({"link": address, **more})
    else:
        typer.echo(address)
