"""Everything that can go wrong on purpose, in one tree.

BroadsheetError
├── NotFoundError
│   ├── PaperNotFoundError        .reference
│   ├── EditionNotFoundError      .span
│   ├── AccountNotFoundError      .reference
│   ├── MethodNotFoundError       .name
│   └── TagNotFoundError          .name
├── UnreadableInputError          a file or payload as a whole cannot be taken in; .place
│   ├── UnknownFormatError
│   └── TooLargeError             a cap was exceeded (size, depth, compression ratio)
├── FetchError                    .url
│   ├── ForbiddenAddressError     the address is private, or leads to one
│   └── RateLimitedError          .retry_after
├── StoreError
│   ├── ReadOnlyError
│   ├── DiskFullError
│   ├── StoreVersionError         the store was written by a newer Broadsheet
│   └── BackupError
├── PeopleError                   somebody may not do that, or not like that; the message is for them
│   ├── NameTakenError            .name
│   ├── NotAllowedError           who it is may not do this
│   ├── SignInError               who it is could not be made sure of
│   ├── TooOftenError             .wait
│   └── TasteError                one's own feed cannot be told that
├── MailError                     mail cannot be made or sent as asked
│   ├── NoMailServerError         no mail server is set
│   ├── MailAddressError          that is no address one could write to; .address
│   └── TokenError                a link of a mail is not one of ours, or has expired
├── TagError                      that cannot be a tag, or is not known well enough yet
├── DerivedIndexError             a derived index is broken; `broadsheet index --rebuild` mends it
└── ConfigError
"""

from __future__ import annotations


class BroadsheetError(Exception):
    """The root: its message says what was got and what to do."""


class NotFoundError(BroadsheetError):
    """What was asked for is not here."""


class PaperNotFoundError(NotFoundError):
    """No paper answers to that reference."""

    def __init__(self, reference: str) -> None:
        super().__init__(f"no such paper: {reference!r}")
        self.reference = reference


class EditionNotFoundError(NotFoundError):
    """That is not a day, week or month one can publish."""

    def __init__(self, span: str) -> None:
        super().__init__(f"no such edition: {span!r} (want YYYY-MM-DD, --MM-DD, YYYY-Www or YYYY-MM)")
        self.span = span


class AccountNotFoundError(NotFoundError):
    """Nobody of that name or number has an account here."""

    def __init__(self, reference: str) -> None:
        super().__init__(f"no such account: {reference!r}")
        self.reference = reference


class MethodNotFoundError(NotFoundError):
    """Octavo has no method of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no such method: {name!r}; `broadsheet methods` lists them")
        self.name = name


class TagNotFoundError(NotFoundError):
    """The reader has no tag of that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no such tag: {name!r}")
        self.name = name


class UnreadableInputError(BroadsheetError):
    """An input as a whole could not be taken in."""

    def __init__(self, message: str, *, place: str = "") -> None:
        super().__init__(message)
        self.place = place


class UnknownFormatError(UnreadableInputError):
    """No parser knows these bytes."""


class TooLargeError(UnreadableInputError):
    """An input exceeds a cap: size, nesting or compression ratio."""


class FetchError(BroadsheetError):
    """An address could not be fetched."""

    def __init__(self, message: str, *, url: str = "") -> None:
        super().__init__(message)
        self.url = url


class ForbiddenAddressError(FetchError):
    """The address is not a public one, or redirects to one that is not."""


class RateLimitedError(FetchError):
    """The server asked us to come back later, more often than we are willing to."""

    def __init__(self, message: str, *, url: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, url=url)
        self.retry_after = retry_after


class StoreError(BroadsheetError):
    """The store could not do what was asked; nothing acknowledged was lost."""


class ReadOnlyError(StoreError):
    """The data folder cannot be written."""


class DiskFullError(StoreError):
    """No space was left; the write was rolled back."""


class StoreVersionError(StoreError):
    """The store was written by a newer Broadsheet than this one."""


class BackupError(StoreError):
    """A backup could not be made, verified or restored."""


class PeopleError(BroadsheetError):
    """Something a person asked for cannot be done as asked; the message is for that person."""


class NameTakenError(PeopleError):
    """Somebody is called that already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the name {name!r} is taken")
        self.name = name


class NotAllowedError(PeopleError):
    """Who asks is known, and may not do this."""


class SignInError(PeopleError):
    """Who asks could not be made sure of; the message does not say why."""


class TasteError(PeopleError):
    """That cannot be said of one's own feed."""


class TooOftenError(PeopleError):
    """It was tried too often; after `wait` seconds it may be tried again."""

    def __init__(self, wait: float) -> None:
        super().__init__(f"too many tries; please try again in {max(1, round(wait / 60))} min")
        self.wait = wait


class MailError(BroadsheetError):
    """Mail cannot be made or sent as asked."""


class NoMailServerError(MailError):
    """No mail server is set, so nothing can be sent."""

    def __init__(self) -> None:
        super().__init__("no mail server is set: set BROADSHEET_SMTP_HOST (docs/mail.md tells how)")


class MailAddressError(MailError):
    """Not an address one could write to."""

    def __init__(self, address: str, reason: str = "want name@host.example") -> None:
        super().__init__(f"not a mail address: {address!r}; {reason}")
        self.address = address


class TokenError(MailError):
    """A link of a mail is not one of ours, is damaged, or has expired."""


class TagError(BroadsheetError):
    """That cannot be a tag; the message is for its reader."""


class DerivedIndexError(BroadsheetError):
    """A derived index is broken or stale; `broadsheet index --rebuild` makes it anew."""


class ConfigError(BroadsheetError):
    """A setting has a value that cannot be used."""
