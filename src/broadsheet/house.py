"""The one door: everything that can be done with a paper of papers, for every face of it.

>>> import broadsheet
>>> with broadsheet.open(":memory:") as house:
...     house.edition().papers
()
"""

from __future__ import annotations

import pkgutil
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from broadsheet import doctor, intake
from broadsheet.community import Community
from broadsheet.config import Settings, settings
from broadsheet.exceptions import ConfigError, NotFoundError, StoreError
from broadsheet.exports import formats as export_formats
from broadsheet.feed import demo
from broadsheet.feed.editions import Edition, lay_out
from broadsheet.feed.spans import Span
from broadsheet.foryou import ForYou
from broadsheet.mailing.mail import Mail
from broadsheet.methods import Methods
from broadsheet.papers import Paper
from broadsheet.people import People
from broadsheet.search import Hit, Results, Search
from broadsheet.search.nearby import Nearby
from broadsheet.search.upgrade import Encoders
from broadsheet.store import Counts, Harvest, Merge, Store
from broadsheet.subjects import Subjects
from octavo.protocols import Encoder

if TYPE_CHECKING:
    from broadsheet import harvesting


@dataclass(frozen=True, slots=True)
class Found:
    """A page of search results: the papers beside their hits, in the same order."""

    results: Results

    @property
    def papers(self) -> tuple[Paper, ...]:
        """The papers, best first."""
        return self.results.papers

    def __iter__(self) -> Iterator[tuple[Paper, Hit]]:
        return iter(zip(self.papers, self.results.hits, strict=True))


class House:
    """A store, its derived indexes and the settings they are run with.

    Safe to share between threads. Close it, or use it as a context manager.
    """

    def __init__(self, config: Settings, *, read_only: bool = False) -> None:
        self.settings = config
        self.read_only = read_only
        self._resources = ExitStack()
        self._encoders: dict[str, Encoder] = {}
        self._encoder_lock = threading.Lock()
        self.folder: Path  # where the data is; for a house in memory a folder that vanishes with it
        try:
            if config.database_url in ("sqlite://", "sqlite:///:memory:"):
                passing = tempfile.TemporaryDirectory(prefix="broadsheet-")
                self.folder = Path(self._resources.enter_context(passing))
            else:
                self.folder = config.data_dir
                if not read_only:
                    self.folder.mkdir(parents=True, exist_ok=True)
            self._refuse_emptied()
            self.store = Store.open(config.store_url, read_only=read_only)
            self._resources.callback(self.store.close)
            shared = None if read_only or self.folder != config.data_dir else self.folder / "tries.db"
            self.people = People(self.store, config, shared)
            self._resources.callback(self.people.limiter.tries.close)
            self.community = self.people.things["community"] = Community(self.store, config, self.people)
            self.community.pull = self.pull
            encoder = None if config.encoder == "none" else partial(self._made, config.encoder)
            self.index = Search(
                self.store,
                self.folder / "index",
                encoder,
                setting=config.encoder,
                named=self._made,
                budget_ms=config.budget_ms,
            )
            self.nearby = Nearby(self.index, lambda: self.store.reached()[:2])
            self.encoders = Encoders(self.store, self.index.spaces)
            self._resources.callback(self.index.close)
            self.mail = self.people.things["mail"] = Mail(self)
            self.people.post = self.mail if self.mail.ready else None
            self.subjects = Subjects(self.store, self.index, self.folder)
            self.people.things["tags"] = self.subjects.tagging
            self.for_you = self.people.things["for_you"] = ForYou(self)
        except BaseException:
            self._resources.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _refuse_emptied(self) -> None:
        """A store of no bytes would be taken for a new one, and the indexes beside it emptied after it."""
        store = self.settings.data_dir / "broadsheet.db"
        if self.settings.database_url or not store.is_file() or store.stat().st_size:
            return
        if any((self.settings.data_dir / "index").glob("*/*")):
            raise StoreError(
                f"{store} has no bytes, though there are indexes of papers beside it: it was emptied. "
                "Restore a backup; to begin with nothing, remove the file"
            )

    def close(self) -> None:
        """Let go of the store and the indexes. A second call does nothing."""
        self._resources.close()

    def encoder(self) -> Encoder:
        """The encoder of search by meaning, made when first needed and shared from then on.

        That of an upgrade where there was one, else the configured one. Raises ConfigError when its name is
        that of nothing that can be made.
        """
        return self._made(self.index.spaces.state().serving.encoder)

    def _made(self, name: str) -> Encoder:
        with self._encoder_lock:
            if name not in self._encoders:
                try:
                    made = pkgutil.resolve_name(name)
                except (ImportError, AttributeError, ValueError) as error:
                    reason = (
                        f"BROADSHEET_ENCODER: no such encoder: {name!r} ({error}); want module:Class or none"
                    )
                    raise ConfigError(reason) from error
                self._encoders[name] = made(
                    cache=self.settings.data_dir / "encoders", threads=self.settings.encoder_threads
                )
            return self._encoders[name]

    # Reading

    def counts(self) -> Counts:
        """How much there is of everything."""
        return self.store.counts()

    def stamp(self) -> str:
        """Changes whenever anything a reader can see has changed, here or in another process."""
        return f"{self.store.stamp()}-{self.index.stamp()}-{self.subjects.stamp()}"

    def today(self) -> date:
        """The day in the zone whose midnight turns the page."""
        return datetime.now(self.settings.zone).date()

    def latest(self) -> Span | None:
        """The newest day with papers, not after today; else the newest page without a year; else None."""
        day = self.store.latest_day(self.today().isoformat())
        return Span.parse(day) if day else None

    def edition(
        self, name: str | None = None, *, page: int = 1, category: str = "", as_of: datetime | None = None
    ) -> Edition:
        """The edition of a day, week or month; without a name, the latest.

        as_of: as it stood at that moment, in the order of then; its papers are told as they are now. A house
        without any edition has an empty one for today. Raises EditionNotFoundError for a name that is no
        span; a span without papers is an empty edition.
        """
        span = Span.parse(name) if name else self.latest() or Span.of_day(self.today())
        size = self.settings.page_size
        # A page of a listing keeps its own order where nobody has voted.
        papers, total = self.store.edition(
            span.first,
            span.last,
            order="votes",
            category=category,
            limit=size,
            offset=(page - 1) * size,
            as_of=as_of,
        )
        previous, following = self._neighbours(span)
        lead, top, sections = lay_out(papers, first_page=page == 1)
        return Edition(
            title=span.title,
            span=span,
            number=self.store.edition_number(span.last) if span.dated and span.kind == "day" else None,
            total=total,
            page=page,
            pages=max(1, -(-total // size)),
            lead=lead,
            top=top,
            sections=sections,
            previous=previous,
            next=following,
            category=category,
            categories=tuple(self.store.categories(span.first, span.last, as_of=as_of)),
        )

    def _neighbours(self, span: Span) -> tuple[Span | None, Span | None]:
        if span.kind == "day":
            before, after = self.store.neighbours(span.name)
            return Span.parse(before) if before else None, Span.parse(after) if after else None
        # The weeks or months that hold the nearest days with papers on either side.
        before, _ = self.store.neighbours(span.first)
        _, after = self.store.neighbours(span.last)
        of = Span.of_week if span.kind == "week" else Span.of_month
        dated = [d if d and d[0] != "-" else None for d in (before, after)]
        earlier, later = (of(date.fromisoformat(d)) if d else None for d in dated)
        return earlier, later

    def trending(self, *, page: int = 1, days: int | None = None) -> Edition:
        """Papers by the votes their sources counted, over all time or the last days."""
        size = self.settings.page_size
        since = (self.today() - timedelta(days=days)).isoformat() if days else None
        papers, total = self.store.top(limit=size, offset=(page - 1) * size, since=since)
        lead, top, sections = lay_out(papers, first_page=page == 1)
        title = "Trending" if days is None else f"Trending over {days} days"
        pages = max(1, -(-total // size))
        return Edition(title, None, None, total, page, pages, lead, top, sections)

    def demo(self) -> Edition:
        """The edition that an empty house shows: well-known papers, which are not in the store."""
        return demo.edition()

    def archive(self) -> list[tuple[Span, int]]:
        """Every day that has papers, newest first, and how many; days without a year come last."""
        return [(Span.parse(day), number) for day, number in self.store.days()]

    def paper(self, reference: str) -> Paper:
        """The paper that answers to a key or to any identifier or address of it.

        Raises PaperNotFoundError.
        """
        return self.store.paper(reference)

    @property
    def methods(self) -> Methods:
        """What Octavo implements, and which papers those are."""
        return Methods.shipped()

    def search(
        self, query: str, *, limit: int = 20, offset: int = 0, sort: str = "relevance", **given: Any
    ) -> Found:
        """Papers found by words and meaning; whatever is in the query, it never fails. See `Search.find`."""
        return Found(self.index.find(query, limit=limit, offset=offset, sort=sort, **given))

    def similar(
        self, references: Sequence[str], *, unlike: Sequence[str] = (), limit: int = 10, bare: bool = True
    ) -> Found:
        """Papers like those given and unlike others, all of which are left out. Raises PaperNotFoundError.

        bare: False also counts, and says why each paper is there.
        """
        wanted, unwanted = ([self.paper(name).id for name in names] for names in (references, unlike))
        return Found(self.index.similar(wanted, unlike=unwanted, limit=limit, bare=bare))

    def known(self, path: Path) -> tuple[list[str], int]:
        """The keys of the papers that a file tells of and that are here, and how many are not.

        Raises UnreadableInputError.
        """
        return intake.known(self.store, path, max_bytes=self.settings.max_input_bytes)

    # Taking in

    def import_files(
        self,
        paths: Sequence[Path],
        *,
        year: int | None = None,
        progress: intake.Progress | None = None,
    ) -> intake.ImportReport:
        """Import files and folders; see `broadsheet.intake`."""
        return intake.take_in(
            self.store, paths, year=year, max_bytes=self.settings.max_input_bytes, progress=progress
        )

    def pull(
        self,
        source: str,
        query: Sequence[str],
        *,
        progress: harvesting.Progress | None = None,
    ) -> intake.FileReport:
        """Harvest from the network; see `broadsheet.harvesting`."""
        from broadsheet import harvesting  # brings an HTTP client, which nobody else here needs

        return harvesting.pull(
            self.store, self.settings, source, query, folder=self.folder, progress=progress
        )

    def harvests(self) -> list[tuple[Harvest, bool]]:
        """Every harvest ever tried, and whether it has gone stale."""
        limit = datetime.now(UTC) - timedelta(hours=self.settings.stale_after_hours)
        return [
            (harvest, harvest.last_success is None or harvest.last_success < limit)
            for harvest in self.store.harvests()
        ]

    def forget_harvest(self, source: str, query: Sequence[str]) -> None:
        """Drop what is remembered of a harvest, so that it cannot go stale; its papers stay.

        Raises NotFoundError for a harvest that was never tried.
        """
        words = " ".join(query)
        if not self.store.forget_harvest(source, words):
            name = f"{source} {words}".strip()
            raise NotFoundError(f"nothing is remembered of {name!r}; `broadsheet doctor` names the sources")

    # Keeping

    def merges(self, reference: str | None = None) -> list[Merge]:
        """The merges of one paper, or all, newest first, undone ones included."""
        return self.store.merges(reference)

    def merge(self, kept: str, gone: str, *, reason: str = "by hand") -> Merge:
        """Make two papers one; `split` undoes it."""
        return self.store.merge(kept, gone, reason)

    def split(self, merge_id: int) -> Merge:
        """Undo a merge; the two are never merged by themselves again."""
        return self.store.split(merge_id)

    def refresh(self, progress: Callable[[str, int, int], None] | None = None) -> tuple[int, int]:
        """Bring the derived indexes up to date: words, then vectors. Returns how many papers of each."""
        words = self.index.sync(_named(progress, "words"))
        vectors = self.index.encode(_named(progress, "vectors"))
        return words, vectors

    def rebuild(self, progress: Callable[[str, int, int], None] | None = None) -> None:
        """Make the derived indexes anew from the store."""
        self.index.rebuild(progress)

    def export(self, name: str, papers: Iterable[Paper] | None = None) -> Iterator[str]:
        """Write papers (all of them by default) in an export format, piece by piece.

        Papers known by identifier alone, which readers do not see, are in the complete export (jsonl) of all.
        """
        if papers is None:
            complete = export_formats.named(name).name == "jsonl"
            papers = self.store.iterate(unresolved=complete)
        return export_formats.write(name, papers, raw=self.store.raw, apart=self.store.apart)

    def backup(self, path: Path) -> None:
        """Write a verified copy of the store while it is in use. Raises BackupError."""
        self.store.backup(path)

    def doctor(self) -> list[doctor.Finding]:
        """Look at everything that can be ill and say what to do."""
        return doctor.examine(self)

    def free_bytes(self) -> int:
        """The space left where the data is."""
        return shutil.disk_usage(self.settings.data_dir).free


def _named(progress: Callable[[str, int, int], None] | None, name: str) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    return lambda done, total: progress(name, done, total)


def open(path: str | Path | None = None, *, read_only: bool = False, **given: Any) -> House:  # noqa: A001
    """Open a house: `path` is its data folder, `":memory:"` one that vanishes, None the configured one.

    Further keywords are settings (see `broadsheet.config.Settings`).
    """
    if path == ":memory:":
        given["database_url"] = "sqlite://"
    elif path is not None:
        given["data_dir"] = Path(path)
    return House(settings(**given), read_only=read_only)
