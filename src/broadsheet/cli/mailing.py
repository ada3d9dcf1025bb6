"""Digests and mail from a terminal: preview, send, status, again, bounces, address."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from broadsheet.cli.reading import Json
from broadsheet.cli.session import FAILED, open_house
from broadsheet.subscriptions import Cadence, Kind

digest = typer.Typer(
    no_args_is_help=True, help="See what goes out by mail, send what is due, deal with bounces."
)


def preview(
    ctx: typer.Context,
    kind: Annotated[Kind, typer.Option(help="What it tells of.")] = Kind.EDITION,
    of: Annotated[str, typer.Option(help="The query, or which shelf or person.")] = "",
    cadence: Annotated[Cadence, typer.Option(help="How often it would come.")] = Cadence.DAILY,
    length: Annotated[int, typer.Option(min=1, max=50, help="The most papers.")] = 10,
    html: Annotated[
        Path | None, typer.Option(help="Write the HTML to this file, to be opened in a browser.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the digest that somebody would get this minute. Nothing is kept or sent."""
    from broadsheet.cli import printing
    from broadsheet.digest import page, plain
    from broadsheet.subscriptions import Wish

    wish = Wish(kind=kind, object=of, cadence=cadence, length=length)
    with open_house(ctx, to_read=True) as house:
        told = house.mail.preview(wish, reader=house.people.owner().id)
    if told is None:
        printing.note("there is nothing to tell")
        return
    if html:
        html.write_text(page.write(told.issue), encoding="utf-8")
    if as_json:
        printing.print_json(told.issue.as_json())
    else:
        typer.echo(f"Subject: {told.issue.subject}\n")
        typer.echo(plain.write(told.issue))


def send(
    ctx: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say who would get what now, and do nothing.")
    ] = False,
    most: Annotated[int | None, typer.Option(min=1, help="Stop after so many messages.")] = None,
) -> None:
    """Compose what is due and send what is in the queue. A running server does so by itself."""
    from broadsheet.cli import printing

    with open_house(ctx, to_read=dry_run) as house:
        if dry_run:
            planned = house.mail.plan()
            printing.print_rows(planned)
            if not planned:
                printing.note("nothing is due, and nothing waits")
            return
        queued, quiet = house.mail.compose()
        printing.note(f"{queued} queued, {quiet} with nothing new")
        if not house.mail.ready:
            printing.note("no mail server is set (BROADSHEET_SMTP_HOST), so no mail goes out")
        printing.note(str(house.mail.send(most=most)))


def status(ctx: typer.Context, as_json: Json = False) -> None:
    """Say how many are subscribed, what is on its way, what has failed, and what nobody knows of."""
    from broadsheet.cli import printing
    from broadsheet.subscriptions import State

    with open_house(ctx, to_read=True) as house:
        mail = house.mail
        subscriptions, deliveries = mail.store.counts()
        troubled = [
            {
                "id": each.id,
                "state": each.state.value,
                "recipient": each.recipient,
                "edition": each.edition,
                "message_id": mail.message_id(each.id),
                "tries": each.tries,
                "error": each.error or "handed over, and no answer came",
            }
            for state in (State.HANDED, State.FAILED)
            for each in mail.store.deliveries(state=state, limit=50)
        ]
        data: dict[str, Any] = {
            "ready": mail.ready,
            "subscriptions": subscriptions,
            "deliveries": deliveries,
            "not_written_to": len(mail.store.suppressions()),
            "troubled": troubled,
        }
    if as_json:
        printing.print_json(data)
        return
    if not data["ready"]:
        printing.note("no mail server is set (BROADSHEET_SMTP_HOST), so no mail goes out")
    numbers = {**subscriptions, **deliveries, "not written to": data["not_written_to"]}
    printing.print_table(("", ""), numbers.items())
    if troubled:
        head = ("id", "state", "recipient", "error")
        printing.print_table(head, [[each[name] for name in head] for each in troubled])


def again(
    ctx: typer.Context,
    delivery: Annotated[str, typer.Argument(help="The id that `broadsheet digest status` gives.")],
) -> None:
    """Queue one message anew that failed, or of which nobody knows whether it arrived: on your word."""
    from broadsheet.cli.printing import note

    with open_house(ctx) as house:
        house.mail.again(delivery)
    note(f"{delivery} is in the queue again")


def bounces(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A message, or an mbox of many; - reads standard input.")],
    as_json: Json = False,
) -> None:
    """Read what came back to the sender's address, and write no more to who is not there.

    Let your mail server pipe what arrives at `mail_bounces` into this.
    """
    from broadsheet.cli import printing

    data = sys.stdin.buffer.read() if file == Path("-") else file.read_bytes()
    with open_house(ctx) as house:
        report = house.mail.take_bounces(data)
    if as_json:
        printing.print_json([asdict(each) for each in report])
    else:
        printing.print_rows((each.recipient, each.kind, each.outcome, each.detail) for each in report)
    if not report:
        printing.note("nothing in it is a report of a delivery")
        raise typer.Exit(FAILED)


def address(
    ctx: typer.Context,
    mailbox: Annotated[str, typer.Argument(help="A mail address; without one, those not written to.")] = "",
    stop: Annotated[bool, typer.Option("--stop", help="Write to it no more.")] = False,
    lift: Annotated[bool, typer.Option("--lift", help="Write to it again.")] = False,
) -> None:
    """List the addresses that are not written to, or put one there, or take it away."""
    from broadsheet.cli import printing

    if ((stop or lift) and not mailbox) or (stop and lift):
        raise typer.BadParameter("--stop and --lift take one address, and not both")
    with open_house(ctx, to_read=not (stop or lift)) as house:
        store = house.mail.store
        if stop:
            store.suppress(mailbox, "by hand", "")
        elif lift:
            store.lift(mailbox)
        else:
            listed = [each for each in store.suppressions() if mailbox.casefold() in each["recipient"]]
            printing.print_rows((e["recipient"], e["at"], e["reason"], e["detail"]) for e in listed)


for command in (preview, send, status, again, bounces, address):
    digest.command(command.__name__)(command)
