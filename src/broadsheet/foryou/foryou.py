"""The facet of the house for a reader's own feed: `house.for_you`."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np

from broadsheet import intake
from broadsheet.foryou import hearing, training
from broadsheet.foryou.interests import Interest
from broadsheet.foryou.known import Known, told_of, wanted
from broadsheet.foryou.lab import Lab
from broadsheet.foryou.laying import Place, lay
from broadsheet.foryou.learning import Lesson, Model, Scored, learn
from broadsheet.foryou.library import LONGEST_NAME, MOST_INPUT, Brought, anchored, pack, spread_out, unpack
from broadsheet.foryou.lists import Lists
from broadsheet.foryou.pool import Desk, Pool
from broadsheet.foryou.rankers import made
from broadsheet.foryou.rating import telling_rows
from broadsheet.foryou.said import Said, Shown
from broadsheet.foryou.signals import Judgement
from broadsheet.foryou.telling import sentence
from broadsheet.foryou.together import Together
from broadsheet.foryou.why import Why, reasons_of
from broadsheet.foryou.words import column
from broadsheet.papers import Paper
from broadsheet.readers import Reader, tidy
from broadsheet.search.encoding import encoder_name
from broadsheet.store.events import Log
from broadsheet.store.tastes import Taste
from broadsheet.subjects.telling import spread, telling

if TYPE_CHECKING:
    from broadsheet.house import House

PAGE: Final = 20
MODELS: Final = 100
"""So many readers' models are kept in memory; another is learned when it is asked for."""
BUDGET_MS: Final = 200.0
"""A model that takes longer is learned in the background, and the page says what it does not know yet."""
JUDGING: Final = ("up", "down", "open", "ignore")
OWN_KINDS: Final = (*JUDGING, "library")
MOST_LIBRARY: Final = 3000
"""So many papers of a library become signals; a model learns from fewer."""
_OPPOSITE: Final = {"up": "down", "down": "up"}
_NAMED_BY: Final = 8


@dataclass(frozen=True, slots=True)
class Choice:
    """A paper chosen for a reader: its score, the interest it is of (None for none), and why."""

    paper: Paper
    score: float
    interest: Interest | None
    beyond: bool
    why: tuple[Why, ...]

    @property
    def because(self) -> str:
        """The first reason in words, or ''."""
        told = sentence(self.why[0]) if self.why else ""
        return told[:1].upper() + told[1:]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of one's own.

    choices: the best first, as laid out. model: what they were chosen with, None before the first signal or
    where the reader has switched it off. behind: signals that have come since the model learned. muted: how
    many of the newest papers are hidden by muted words or authors. pool: how many were looked through.
    """

    choices: tuple[Choice, ...]
    said: Said
    model: Model | None
    behind: int = 0
    muted: int = 0
    pool: int = 0

    @property
    def papers(self) -> list[Paper]:
        """The papers, in order."""
        return [choice.paper for choice in self.choices]

    @property
    def knows(self) -> bool:
        """Whether anything is known of the reader."""
        return self.model is not None and bool(self.model.judgements or self.model.authors)


class ForYou:
    """Readers' own feeds. Safe to share between threads."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.store = house.store
        self.tastes = house.store.tastes
        self.desk = Desk(house.store, house.index)
        self.lab = Lab(self)
        self.lists = Lists(self)
        self.together = Together(self)
        house.encoders.carriers.append(partial(training.carry, self))
        self._mutex = threading.Lock()
        self._models: OrderedDict[int, Model] = OrderedDict()

    # What a reader says

    def said(self, reader: Reader) -> Said:
        """What a reader said of the feed."""
        return Said.of(self.tastes.of(reader.id).said)

    def say(self, reader: Reader, said: Said) -> None:
        """Put other wishes in the place of a reader's."""
        self.tastes.change(reader.id, said=said.kept())

    def judge(self, reader: Reader, reference: str, kind: str, stands: bool = True) -> str:
        """Want more papers like one (`up`) or fewer (`down`), note that it was opened (`open`), or that it
        says nothing of one's taste (`ignore`); or take that back. Returns the paper's key.

        Raises PaperNotFoundError, ValueError for another kind.
        """
        if kind not in JUDGING:
            raise ValueError(f"a paper is judged by one of {', '.join(JUDGING)}, got {kind!r}")

        def write(log: Log) -> str:
            key = log.key(reference)
            (log.put if stands else log.end)(reader.id, kind, work_key=key)
            if stands and kind in _OPPOSITE:
                log.end(reader.id, _OPPOSITE[kind], work_key=key)
            return key

        return self.store.events.together(write)

    def opened(self, reader: Reader, reference: str) -> None:
        """Note that a paper was opened out of the feed, unless the reader has switched that off."""
        if not self.said(reader).off:
            self.judge(reader, reference, "open")

    def reset(self, reader: Reader) -> None:
        """Forget what was learned: nothing that was done before now counts. Votes and shelves stay."""
        now = self.store.events.clock().astimezone(UTC)
        feed = self.said(reader).feed
        self.tastes.change(
            reader.id, said=Said(since=now, feed=feed).kept(), shown=b"", anchors=b"", draft={}
        )

    # Beginning

    def bring(self, reader: Reader, name: str, stream: BinaryIO) -> Brought:
        """Learn from a library: a .bib, a Zotero export, whatever an import can read.

        What is kept here counts as liked; of what is not, the titles are read, where there is an encoder, and
        nothing of them comes into the store but where they lie. A library of the same name is replaced.
        Raises UnreadableInputError, TasteError.
        """
        name = tidy(name).replace(":", " ")[:LONGEST_NAME] or "library"
        keys, titles = intake.look_up(self.store, stream, max_bytes=MOST_INPUT)
        keys = keys[:MOST_LIBRARY]
        with self.store.events.writing() as log:
            self._take_out(log, reader, name, keep=set(keys))
            for key in keys:
                log.put(reader.id, "library", work_key=log.key(key), thing=name)
        encoder = self.house.index.encoder() if titles else None
        read = spread_out(titles)
        kept = [anchor for anchor in unpack(self.tastes.of(reader.id).anchors) if anchor.library != name]
        if encoder is not None:
            x = np.asarray(encoder.encode_documents(read), np.float32)
            kept = anchored(name, read, x, encoder_name(encoder), total=len(titles)) + kept
        self.tastes.change(reader.id, anchors=pack(kept))
        return Brought(name, len(keys), len(titles), len(read) if encoder is not None else 0)

    def take_out(self, reader: Reader, name: str) -> None:
        """Learn no longer from a library."""
        with self.store.events.writing() as log:
            self._take_out(log, reader, name, keep=set())
        kept = [anchor for anchor in unpack(self.tastes.of(reader.id).anchors) if anchor.library != name]
        self.tastes.change(reader.id, anchors=pack(kept))

    def _take_out(self, log: Log, reader: Reader, name: str, *, keep: set[str]) -> None:
        for mark in log.marks("library", objects=[name]):
            if mark.reader_id == reader.id and mark.work_key not in keep:
                log.end(reader.id, "library", work_key=mark.work_key, thing=name)

    def to_rate(self, reader: Reader, count: int = 10) -> list[Paper]:
        """Papers whose rating says most of a reader: they differ from each other, and it is not known yet."""
        pool = self.pool()
        model, _ = self.model(reader)
        taste = self.tastes.of(reader.id)
        scored = model.scored(pool, Said.of(taste.said))
        away = {one.paper for one in model.judgements}
        rows = telling_rows(pool, scored if model.ranker is not None else None, away=away, count=count)
        papers = {paper.id: paper for paper in self.store.papers([int(pool.ids[row]) for row in rows])}
        return [papers[int(pool.ids[row])] for row in rows if int(pool.ids[row]) in papers]

    # Learning

    def model(self, reader: Reader, *, patient: bool = True) -> tuple[Model, int]:
        """What is known of a reader, and how many signals it does not know yet.

        It is learned now if it is behind; patient: also where the last time took longer than the budget.
        """
        taste = self.tastes.of(reader.id)
        name = self._state(taste)
        with self._mutex:
            known = self._models.get(reader.id)
        if known is not None:
            if known.name == name:
                return known, 0
            if not patient and known.took_ms > BUDGET_MS:
                return known, max(1, self.tastes.behind(reader.id, known.name.partition("|")[0]))
        return self._learn(taste, name), 0

    def _state(self, taste: Taste) -> str:
        """Names everything a model depends on but the papers: what was said, the half-life, the encoder."""
        near = self.house.index.neighbourhood()
        config = self.house.settings
        rankers = (config.for_you_ranker, *config.lab_rankers)
        said = (sorted(taste.said.items(), key=str), config.for_you_half_life, rankers)
        space = f"{near.encoder}:{near.dim}:{len(near) > 0}" if near is not None else ""
        likeness = self.together.likeness()
        told = likeness.at if likeness else ""
        epoch = self.store.epoch()
        return f"{self.tastes.heard(taste.reader_id)}|{space}|{said}|{hash(taste.anchors)}|{told}|{epoch}"

    def _learn(self, taste: Taste, name: str) -> Model:
        said = Said.of(taste.said)
        pool = self.pool()
        first, second = self.lab.rankers or (self.house.settings.for_you_ranker, "")
        lesson = Lesson(
            lambda: made(first, pool),
            self.store.events.clock().astimezone(UTC),
            self.house.settings.for_you_half_life,
            lambda papers: self._told(papers, pool),
            self.together.likeness(),
            (lambda: made(second, pool)) if second else None,
        )
        heard = hearing.hear(self.store, taste.reader_id, said)
        model = learn(taste.reader_id, name, heard, said, self.desk, pool, lesson, unpack(taste.anchors))
        with self._mutex:
            self._models[taste.reader_id] = model
            self._models.move_to_end(taste.reader_id)
            while len(self._models) > MODELS:
                self._models.popitem(last=False)
        if not self.house.read_only:
            learned = name.partition("|")[0]
            self.tastes.change(
                taste.reader_id,
                seen=False,
                learned=learned,
                learned_at=model.learned_at,
                took_ms=model.took_ms,
            )
        return model

    def train(self, stop: Callable[[], bool] = lambda: False) -> str:
        """Learn the readers anew who have said something since, within the budget; tells what was done."""
        return training.train(self, stop=stop)

    def behind(self) -> tuple[int, int, int, float]:
        """See `training.behind`."""
        return training.behind(self)

    def pool(self) -> Pool:
        """The newest papers, of which pages are made."""
        return self.desk.pool(self.house.today())

    def _told(self, papers: Sequence[int], pool: Pool) -> tuple[str, ...]:
        """Words that some papers have in common and others have not."""
        read = self.desk.read(papers[:_NAMED_BY])
        inside = spread(paper.text for paper in read)
        everywhere = {term: int(pool.held[column(term)]) for term in inside}
        # Of a few papers nearly every word is rare: those of the titles count twice.
        inside.update(spread(paper.title for paper in read))
        return tuple(telling(inside, len(read), everywhere, max(len(pool), len(read)), 3))

    # Reading

    def page(self, reader: Reader, *, limit: int = PAGE, patient: bool = False, note: bool = False) -> Page:
        """The page of a reader: papers not judged yet, the best first.

        note: keep that they were shown, so that what is not opened goes away after some days.
        """
        taste = self.tastes.of(reader.id)
        said = Said.of(taste.said)
        pool = self.pool()
        if said.off:
            return Page((), said, None, pool=len(pool))
        model, behind = self.model(reader, patient=patient)
        shown, today = Shown.of(taste.shown), self.house.today()
        explore = self.house.settings.for_you_explore if said.explore is None else said.explore
        away = {one.paper for one in model.judgements if not _just_opened(one, today)} | shown.tired_of(today)
        lists = [
            lay(pool, each.scored(pool, said), size=limit, away=away, explore=explore)
            for each in (model, model.rival)
            if each is not None
        ]
        places, teams = lists[0], [0] * len(lists[0])
        if note and len(lists) == 2:
            state = hashlib.blake2b(model.name.encode(), digest_size=6).hexdigest()
            places, teams = self.lab.draft(taste, state, pool, (lists[0], lists[1]), today)
        elif note and taste.draft:
            self.lab.settle(taste)
        choices = self._choices(model, pool, said, places, teams)
        if note and choices and not self.house.read_only:
            after = shown.with_papers([choice.paper.id for choice in choices], today).packed()
            if after != taste.shown:
                self.tastes.change(reader.id, seen=False, shown=after)
        muted = int(model.scored(pool, said).muted.sum())
        return Page(choices, said, model, behind, muted, len(pool))

    def _choices(
        self, model: Model, pool: Pool, said: Said, places: Sequence[Place], teams: Sequence[int]
    ) -> tuple[Choice, ...]:
        whys: dict[int, tuple[Why, ...]] = {}
        scores: dict[int, Scored] = {}
        for team, each in enumerate((model, model.rival)):
            mine = [place for place, of in zip(places, teams, strict=True) if of == team]
            if each is not None and mine:
                scored = each.scored(pool, said)
                told = reasons_of(each, self.desk, pool, scored, said, mine)
                whys.update((place.row, why) for place, why in zip(mine, told, strict=True))
                scores.update((place.row, scored) for place in mine)
        papers = {paper.id: paper for paper in self.store.papers([int(pool.ids[p.row]) for p in places])}
        found = []
        for place in places:
            paper, scored = papers.get(int(pool.ids[place.row])), scores[place.row]
            if paper is not None:
                number = int(scored.interest[place.row])
                interest = model.interests[number] if number >= 0 else None
                score = round(float(scored.total[place.row]), 2)
                found.append(Choice(paper, score, interest, place.beyond, whys[place.row]))
        return tuple(found)

    def known(self, reader: Reader, *, most: int = 5) -> Known:
        """Everything that is known of a reader; most: papers told of each interest."""
        taste = self.tastes.of(reader.id)
        said = Said.of(taste.said)
        model, behind = (None, 0) if said.off else self.model(reader)
        heard = hearing.hear(self.store, reader.id, said)
        papers = {paper.id: paper for paper in self.store.papers(wanted(model, most) if model else [])}
        config = self.house.settings
        return told_of(
            model,
            self.tastes.of(reader.id),
            papers,
            self.store.papers(sorted(heard.ignored)),
            Counter(signal.kind for signal in heard.signals),
            most=most,
            behind=behind,
            now=self.store.events.clock().astimezone(UTC),
            half_life=config.for_you_half_life,
            explore=config.for_you_explore,
            ranker=config.for_you_ranker,
            together=self.together.told(),
        )

    # What they take along

    def of_reader(self, reader_id: int) -> dict[str, Any]:
        """What a reader said of the feed and what was kept for it, as JSON values."""
        taste = self.tastes.of(reader_id)
        shown = Shown.of(taste.shown).days
        papers = {paper.id: paper.key for paper in self.store.papers(list(shown))}
        return {
            "said": taste.said,
            "shown": {
                papers[n]: [day.isoformat(), count] for n, (day, count) in shown.items() if n in papers
            },
            "library": [[anchor.library, anchor.title, anchor.papers] for anchor in unpack(taste.anchors)],
            "lab": [
                [s.experiment, s.day, s.first, s.second] for s in self.tastes.sessions(reader_id=reader_id)
            ],
        }

    def forget(self, reader_id: int) -> None:
        """Remove what is kept of a reader's feed, and empty what the reader did in it."""
        with self._mutex:
            self._models.pop(reader_id, None)
        self.tastes.forget(reader_id)
        self.store.events.empty(reader_id, OWN_KINDS)


def _just_opened(one: Judgement, today: date) -> bool:
    """Whether a paper was only opened, and today: who comes back from it finds it where it was."""
    return one.kinds == ("open",) and one.at.date() >= today
