"""Who wants which digest. Every function works inside the caller's transaction."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select, update

from broadsheet.exceptions import NotFoundError
from broadsheet.store import documents
from broadsheet.store.schema_mail import subscriptions as table
from broadsheet.subscriptions import Cadence, Channel, Kind, Standing, Subscription, Wish

_S = table.c
ASKING: Final = timedelta(days=1)
MOST_ASKED: Final = 3
"""So many confirmations may be asked of one address and wish within `ASKING`; then it is left in peace."""


def stored(moment: datetime) -> str:
    """A moment as it is kept: text in UTC that sorts as time does."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def ask(
    connection: Connection, channel: Channel, target: str, reader: int | None, wish: Wish, now: datetime
) -> tuple[Subscription, bool]:
    """Keep a wish that is to be confirmed; returns it, and whether its address may be written to now.

    What is confirmed already stays as it is, whoever asks.
    """
    key = (
        _S.recipient == target.casefold(),
        _S.channel == channel.value,
        _S.kind == wish.kind.value,
        _S.object == wish.object,
        _S.cadence == wish.cadence.value,
    )
    moment = stored(now)
    row = connection.execute(select(table).where(*key)).first()
    if row is None:
        values = {
            "id": (number := secrets.token_hex(8)),
            "secret": secrets.token_hex(32),
            "created": moment,
            "channel": channel.value,
            "target": target,
            "recipient": target.casefold(),
            "kind": wish.kind.value,
            "object": wish.object,
            "cadence": wish.cadence.value,
            "standing": Standing.PENDING.value,
            "asked": moment,
            "asked_times": 1,
            "reader_id": reader,
            "wish": _wish_json(wish),
            "reason": "",
            "told": "",
        }
        connection.execute(insert(table), [values])
        return one(connection, number), True
    fresh = documents.moment(row.asked) < now - ASKING
    asked_times = 1 if fresh else row.asked_times + 1
    if asked_times > MOST_ASKED:
        return _subscription(row), False
    changes: dict[str, Any] = {"asked": moment if fresh else row.asked, "asked_times": asked_times}
    if row.standing != Standing.ACTIVE:
        changes |= {"standing": Standing.PENDING.value, "target": target, "wish": _wish_json(wish)}
        changes |= {"reader_id": reader, "ended": None, "reason": ""}
    connection.execute(update(table).where(*key).values(**changes))
    return one(connection, row.id), True


def activate(connection: Connection, number: str, now: datetime, due: datetime) -> None:
    """Begin to deliver; what was told before it ended is not told again."""
    values = {"standing": Standing.ACTIVE.value, "confirmed": stored(now), "due": stored(due)}
    connection.execute(update(table).where(_S.id == number).values(**values, ended=None, reason=""))


def change(connection: Connection, number: str, wish: Wish, due: datetime | None) -> None:
    """Want it otherwise; what it is about and how often stays."""
    values: dict[str, Any] = {"wish": _wish_json(wish), "due": stored(due) if due else None}
    connection.execute(update(table).where(_S.id == number).values(**values))


def end(connection: Connection, number: str, now: datetime, reason: str) -> None:
    """Deliver nothing more."""
    values = {"standing": Standing.ENDED.value, "ended": stored(now), "reason": reason, "due": None}
    connection.execute(update(table).where(_S.id == number).values(**values))


def move_on(connection: Connection, number: str, due: datetime, told: str) -> None:
    """Look at it next at `due`; everything up to `told` has been told."""
    connection.execute(update(table).where(_S.id == number).values(due=stored(due), told=told))


def begin_anew(connection: Connection, now: datetime) -> None:
    """After a backup was restored: what was told since it was made is not known, and is not told again."""
    year, week, _ = now.isocalendar()
    told = {
        (Kind.EDITION.value, Cadence.DAILY.value): now.date().isoformat(),
        (Kind.EDITION.value, Cadence.WEEKLY.value): f"{year:04}-W{week - 1:02}",
    }
    active = _S.standing == Standing.ACTIVE.value
    connection.execute(update(table).where(active).values(due=None))
    moment = update(table).where(active, _S.kind == Kind.QUERY.value)
    connection.execute(moment.values(told=now.isoformat()))
    for (kind, cadence), upto in told.items():
        those = update(table).where(active, _S.kind == kind, _S.cadence == cadence)
        connection.execute(those.values(told=upto))


def one(connection: Connection, number: str) -> Subscription:
    """The subscription of that id. Raises NotFoundError."""
    row = connection.execute(select(table).where(_S.id == number)).first()
    if row is None:
        raise NotFoundError("no such subscription; it may have been deleted")
    return _subscription(row)


def due(connection: Connection, now: datetime, limit: int) -> list[Subscription]:
    """Those whose time has come, the longest waiting first."""
    wanted = select(table).where(_S.standing == Standing.ACTIVE.value, _S.due <= stored(now))
    return [_subscription(row) for row in connection.execute(wanted.order_by(_S.due, _S.id).limit(limit))]


def unscheduled(connection: Connection, limit: int) -> list[Subscription]:
    """Those that are active and have no hour yet."""
    wanted = select(table).where(_S.standing == Standing.ACTIVE.value, _S.due.is_(None))
    return [_subscription(row) for row in connection.execute(wanted.order_by(_S.id).limit(limit))]


def of_reader(connection: Connection, reader: int) -> list[Subscription]:
    """Those of an account, oldest first."""
    mine = select(table).where(_S.reader_id == reader).order_by(_S.created, _S.id)
    return [_subscription(row) for row in connection.execute(mine)]


def of_recipient(connection: Connection, recipient: str) -> list[Subscription]:
    """Those that go to an address, oldest first."""
    mine = select(table).where(_S.recipient == recipient.casefold()).order_by(_S.created, _S.id)
    return [_subscription(row) for row in connection.execute(mine)]


def counts(connection: Connection) -> dict[str, int]:
    """How many there are of each standing."""
    rows = connection.execute(select(_S.standing, func.count()).group_by(_S.standing))
    return {row[0]: row[1] for row in rows}


def _wish_json(wish: Wish) -> str:
    away = [day.isoformat() for day in wish.away] if wish.away else None
    return documents.dumps(
        {
            "weekday": wish.weekday,
            "hour": wish.hour,
            "zone": wish.zone,
            "length": wish.length,
            "quiet": sorted(wish.quiet),
            "away": away,
        }
    )


def _subscription(row: Row[Any]) -> Subscription:
    kept = documents.loads(row.wish)
    away = kept["away"] and tuple(date.fromisoformat(day) for day in kept["away"])
    wish = Wish(
        kind=Kind(row.kind),
        object=row.object,
        cadence=Cadence(row.cadence),
        weekday=kept["weekday"],
        hour=kept["hour"],
        zone=kept["zone"],
        length=kept["length"],
        quiet=frozenset(kept["quiet"]),
        away=away,
    )
    return Subscription(
        id=row.id,
        channel=Channel(row.channel),
        target=row.target,
        reader=row.reader_id,
        wish=wish,
        standing=Standing(row.standing),
        secret=row.secret,
        created=documents.moment(row.created),
        confirmed=moment_or_none(row.confirmed),
        ended=moment_or_none(row.ended),
        reason=row.reason,
        due=moment_or_none(row.due),
        told=row.told,
    )


def moment_or_none(text: str | None) -> datetime | None:
    """A moment as kept, or None."""
    return documents.moment(text) if text else None
