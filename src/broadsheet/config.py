"""Every setting, in one typed place.

A setting is an environment variable `BROADSHEET_<NAME>`; for secrets (`DATABASE_URL`) also
`BROADSHEET_<NAME>_FILE`, the path of a file that holds the value, as container platforms mount them.
"""

from __future__ import annotations

import ipaddress
import os
from email.utils import parseaddr
from pathlib import Path
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import platformdirs
import pydantic
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from broadsheet.exceptions import ConfigError

PREFIX: Final = "BROADSHEET_"


class Settings(BaseSettings):
    """How this house is run. Every field has a default that works offline on one small machine."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    data_dir: Path = Field(
        default_factory=lambda: Path(platformdirs.user_data_dir("broadsheet")),
        description="The folder that holds everything: the store, the derived indexes, the cached encoder.",
    )
    database_url: str = Field(
        default="",
        description="SQLAlchemy URL of the store; empty means SQLite in the data folder. "
        "PostgreSQL: postgresql+psycopg://user:password@host/name.",
    )
    host: str = Field(default="127.0.0.1", description="The address the server listens on.")
    port: int = Field(default=8000, ge=0, le=65535, description="The port the server listens on.")
    workers: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Processes that answer requests. Each takes the memory of the indexes for itself, and "
        "counts wrong passwords and keys for itself.",
    )
    base_url: str = Field(
        default="",
        description="The public address of the paper (https://papers.example.org/daily), for feeds and "
        "links; empty means whatever address the request came to. A path in it is where it is mounted.",
    )
    title: str = Field(
        default="Broadsheet", min_length=1, max_length=60, description="The name on the masthead."
    )
    timezone: str = Field(default="UTC", description="The zone whose midnight turns the page (IANA name).")
    page_size: int = Field(default=60, ge=5, le=500, description="Papers on one page of an edition.")
    budget_ms: float = Field(
        default=60.0,
        ge=1,
        le=600_000,
        description="Milliseconds for the answer to a search, four times as many for a page; what would take "
        "longer is left out, and the answer says so. Words always have their time.",
    )
    encoder: str = Field(
        default="octavo.encode.minilm:MiniLM",
        description="The encoder of search by meaning, as module:Class; 'none' searches by words alone.",
    )
    encoder_threads: int = Field(default=2, ge=1, le=256, description="Threads the encoder may use.")
    contact: str = Field(
        default="", description="An e-mail address sent with outgoing requests, as polite harvesters do."
    )
    max_input_bytes: int = Field(
        default=16 << 30, ge=1 << 20, description="The largest input, decompressed, that an import accepts."
    )
    max_fetch_bytes: int = Field(
        default=64 << 20, ge=1 << 10, description="The largest answer a harvest accepts from the network."
    )
    allow_hosts: tuple[str, ...] = Field(
        default=(),
        description="Hosts a harvest may reach although their address is private, as a JSON list of "
        '"host" or "host:port" (a feed server in your own lab).',
    )
    stale_after_hours: float = Field(
        default=36.0, gt=0, description="After how many hours without a success a source is called stale."
    )
    harvest: tuple[str, ...] = Field(
        default=(),
        description="What is pulled by the clock, as a JSON list of what one gives to `broadsheet pull`: "
        '["arxiv cs.CL cs.LG", "hf"].',
    )
    harvest_every_hours: float = Field(
        default=6.0, ge=0.25, le=168, description="Hours between two harvests by the clock."
    )
    smtp_host: str = Field(
        default="",
        description="The mail server that takes our mail (a relay); empty: no mail is sent.",
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="The port of the mail server.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="How the connection to the mail server is kept safe: starttls (port 587), tls (465), "
        "none (a relay on this very machine).",
    )
    smtp_user: str = Field(
        default="", description="The name to sign in at the mail server with; empty: none."
    )
    smtp_password: SecretStr = Field(
        default=SecretStr(""), description="The password that goes with `smtp_user`."
    )
    smtp_connections: int = Field(
        default=4, ge=1, le=20, description="Connections kept open to the mail server while there is mail."
    )
    mail_from: str = Field(
        default="",
        description='Who mail comes from: paper@example.org, or "The Daily <paper@example.org>"; '
        "empty: broadsheet@ the host of `base_url`.",
    )
    mail_bounces: str = Field(
        default="",
        description="The address bounces come back to (the envelope sender); empty: that of `mail_from`.",
    )
    mail_rate: int = Field(
        default=0, ge=0, description="The most messages a minute the mail server is given; 0: no limit."
    )
    dkim_key: SecretStr = Field(
        default=SecretStr(""),
        description="A private key (PEM, RSA) to sign mail with; empty: the mail server signs, or nobody.",
    )
    dkim_selector: str = Field(default="broadsheet", description="The selector the key is published under.")
    dkim_domain: str = Field(default="", description="The domain that signs; empty: that of `mail_from`.")

    readers: Literal["one", "many"] = Field(
        default="one",
        description="'one': no sign-in, everybody who reaches this machine's port is its owner. "
        "'many': readers have accounts and sign in.",
    )
    private: bool = Field(
        default=False, description="Whether nothing can be read without signing in (with readers=many)."
    )

    trending_half_life: float = Field(
        default=3.0, ge=0.25, le=365, description="Days after which a vote counts half in trending."
    )
    trending_prior: float = Field(
        default=1.0, ge=0, le=20, description="Votes a new paper is given in trending, which fade as all do."
    )
    trending_source_weight: float = Field(
        default=0.5,
        ge=0,
        le=10,
        description="Votes that each doubling of a source's own count is worth in trending; 0: none.",
    )
    trending_probation: float = Field(
        default=2.0, ge=0, le=60, description="Days in which a new account's votes move nothing in trending."
    )
    trending_seniority: float = Field(
        default=14.0,
        ge=0,
        le=365,
        description="Days until the age of an account no longer holds its votes back.",
    )
    trending_active_days: float = Field(
        default=5.0, ge=0, le=60, description="Days with votes until an account's votes count in full."
    )

    for_you_half_life: float = Field(
        default=90.0,
        ge=1,
        le=3650,
        description="Days after which a signal counts half in a reader's own feed.",
    )
    for_you_explore: float = Field(
        default=0.1,
        ge=0,
        le=0.5,
        description="The share of a reader's own feed that comes from beyond what is known of the reader; "
        "each reader may choose another.",
    )
    for_you_ranker: str = Field(
        default="octavo.rank.taste:Taste",
        description="What ranks readers' own feeds, as module:Class with the shape octavo.protocols:Ranker.",
    )

    for_you_together: bool = Field(
        default=True,
        description="Whether, in a house of 500 readers or more, feeds learn from what readers read "
        "together, with noise that hides each of them (docs/for-you.md).",
    )

    lab_rankers: tuple[str, ...] = Field(
        default=(),
        description="Two rankers, as a JSON list of module:Class, that are drafted into every reader's own "
        "feed to see which is preferred (docs/for-you.md); empty: none.",
    )

    registration: Literal["invitation", "open"] = Field(
        default="invitation",
        description="Who may make an account (with readers=many): whoever has an invitation, or everybody.",
    )
    session_days: int = Field(
        default=30, ge=1, le=3650, description="Days after its last use for which a browser stays signed in."
    )
    proxy_networks: tuple[str, ...] = Field(
        default=("127.0.0.1/32", "::1/128"),
        description="Networks of reverse proxies, as a JSON list: what requests from there say in "
        "X-Forwarded-For and X-Forwarded-Proto is believed.",
    )
    proxy_header: str = Field(
        default="",
        description="The header in which a proxy that signs readers in says who it is (Remote-User). It is "
        "believed from proxy_networks alone, which must then be named, too.",
    )
    oidc_issuer: str = Field(
        default="",
        description="The address of an OpenID Connect provider that readers may sign in with "
        "(https://login.example.org/realms/lab); empty for none.",
    )
    oidc_client_id: str = Field(default="", description="What the provider knows this house as.")
    oidc_client_secret: SecretStr = Field(
        default=SecretStr(""), description="The secret shared with the provider."
    )
    oidc_name: str = Field(
        default="your organisation", description="What the button for it says: “Sign in with …”."
    )
    oidc_create: bool = Field(
        default=True,
        description="Whether somebody the provider knows and the house does not gets an account at once.",
    )

    @model_validator(mode="after")
    def _proxies_are_named(self) -> Self:
        if self.proxy_header and "proxy_networks" not in self.model_fields_set:
            raise ValueError("BROADSHEET_PROXY_HEADER needs BROADSHEET_PROXY_NETWORKS: who may send it?")
        if self.oidc_issuer and not self.oidc_client_id:
            raise ValueError("BROADSHEET_OIDC_ISSUER needs BROADSHEET_OIDC_CLIENT_ID")
        return self

    @field_validator("lab_rankers")
    @classmethod
    def _two_or_none(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(value) not in (0, 2) or len(set(value)) != len(value):
            raise ValueError(f"want two different rankers, or none, got {len(value)}")
        return value

    @field_validator("proxy_networks")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ipaddress.ip_network(network)
            except ValueError as error:
                raise ValueError(f"not a network: {network!r}; want 10.0.0.0/8 or fd00::/8") from error
        return value

    @field_validator("oidc_issuer")
    @classmethod
    def _safe_issuer(cls, value: str) -> str:
        local = ("http://localhost", "http://127.0.0.1")
        if value and not value.startswith(("https://", *local)):
            raise ValueError(f"must begin with https://, got {value!r}")
        return value.rstrip("/")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"not a time zone: {value!r}; use an IANA name such as Europe/Berlin") from error
        return value

    @field_validator("base_url")
    @classmethod
    def _plain_base(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError(f"must begin with http:// or https://, got {value!r}")
        return value.rstrip("/")

    @field_validator("mail_from", "mail_bounces")
    @classmethod
    def _one_mailbox(cls, value: str) -> str:
        _, address = parseaddr(value)
        broken = any(not char.isprintable() for char in value)
        if value and (broken or not address.isascii() or "@" not in address.strip("@") or " " in address):
            raise ValueError(
                f"not a mail address: {value!r}; use paper@example.org or Name <paper@example.org>"
            )
        return value.strip()

    @property
    def site(self) -> str:
        """The address of the front door as mail tells it: `base_url`, else that of this machine."""
        return self.base_url or f"http://localhost:{self.port}"

    @property
    def sender(self) -> tuple[str, str]:
        """The name and the address that mail comes from."""
        name, address = parseaddr(self.mail_from)
        return name or self.title, address or f"broadsheet@{urlsplit(self.site).hostname or 'localhost'}"

    @property
    def store_url(self) -> str:
        """The SQLAlchemy URL of the store."""
        return self.database_url or f"sqlite:///{self.data_dir / 'broadsheet.db'}"

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose midnight turns the page."""
        return ZoneInfo(self.timezone)


def settings(**given: Any) -> Settings:
    """Read the settings from the environment; what is given wins.

    Raises ConfigError naming each setting that cannot be used.
    """
    for name in Settings.model_fields:
        file = os.environ.get(f"{PREFIX}{name.upper()}_FILE")
        if file and name not in given:
            try:
                given[name] = Path(file).read_text(encoding="utf-8").strip()
            except OSError as error:
                reason = f"{PREFIX}{name.upper()}_FILE: cannot read {file!r} ({error.strerror})"
                raise ConfigError(reason) from error
    try:
        return Settings(**given)
    except pydantic.ValidationError as error:
        problems = "; ".join(
            f"{PREFIX}{'.'.join(map(str, p['loc'])).upper()}: {p['msg']}" if p["loc"] else p["msg"]
            for p in error.errors()
        )
        raise ConfigError(problems) from error
