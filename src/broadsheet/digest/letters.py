"""What the house writes to a new subscriber. Each letter is a subject and a text."""

from __future__ import annotations

from broadsheet.subscriptions import DAYS, Cadence, Channel, Kind, Subscription, Wish


def wish_in_words(wish: Wish) -> str:
    """What a wish is, as a phrase.

    >>> wish_in_words(Wish())
    'the daily edition, at 07:00 (UTC)'
    >>> wish_in_words(Wish(kind=Kind.QUERY, object="late interaction", cadence=Cadence.WEEKLY, weekday=4))
    'new papers for “late interaction”, every Friday at 07:00 (UTC)'
    """
    what = {
        Kind.EDITION: f"the {wish.cadence} edition",
        Kind.TRENDING: "the papers that are trending",
        Kind.QUERY: f"new papers for “{' '.join(wish.object.split())[:120]}”",
        Kind.SHELF: "what is new on a shelf",
        Kind.PERSON: "what somebody you follow has found",
        Kind.FOR_YOU: "the newest papers in your own order",
    }[wish.kind]
    weekly = f" every {DAYS[wish.weekday]}" if wish.cadence is Cadence.WEEKLY else ""
    daily = " every day" if wish.cadence is Cadence.DAILY and wish.kind is not Kind.EDITION else ""
    return f"{what},{weekly or daily} at {wish.hour:02}:00 ({wish.zone})"


def destination(subscription: Subscription) -> str:
    """Where a subscription goes, as one may show it to who knows it."""
    return {Channel.MAIL: "", Channel.WEBHOOK: "webhook ", Channel.NTFY: "ntfy "}[
        subscription.channel
    ] + subscription.target


def confirm(title: str, wish: Wish, link: str, name: str = "") -> tuple[str, str]:
    """Asks whether an address is its own. name: of the account that has asked, '' for nobody's."""
    account = f" The account @{name} here asks for it, and may change it." if name else ""
    text = f"""\
Somebody, you we hope, would like {title} to come to this address:

  {wish_in_words(wish)}.{account}

If that was you, say yes on this page within a week:

{link}

If it was not, do nothing: you will not hear of it again.
"""
    return f"{title}: is this your address?", text


def known(title: str, wish: Wish, link: str) -> tuple[str, str]:
    """Tells an address that it has already what was asked for."""
    text = f"""\
Somebody has asked for {title} to come to this address. It comes already:

  {wish_in_words(wish)}.

Hour, length and quiet days can be changed here:

{link}
"""
    return f"{title} comes to you already", text
