from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from broadsheet.exceptions import PaperNotFoundError
from broadsheet.readers import Role
from broadsheet.store import Store
from broadsheet.store.schema_events import EPOCH, events, marks, microseconds, moment

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def log_store(store, record):
    """A store with three papers, three readers, and a clock that tells a minute more each time."""
    store.ingest([record(f"2603.0000{n}") for n in (1, 2, 3)])
    for name in ("ada", "bo"):
        store.accounts.create(name, Role.READER)
    minutes = iter(range(10**6))
    store.events.clock = lambda: NOON + timedelta(minutes=next(minutes))
    return store


def put(store, reader, kind, **given):
    with store.events.writing() as log:
        return log.put(reader, kind, **given)


def end(store, reader, kind, **given):
    with store.events.writing() as log:
        return log.end(reader, kind, **given)


def rows(store, table):
    with store.database.reading() as connection:
        return [tuple(row) for row in connection.execute(select(table).order_by(table.c.seq))]


def test_a_mark_stands_from_one_event_to_another(log_store):
    assert put(log_store, 2, "vote", work_key="2603.00001") == 1
    assert put(log_store, 2, "vote", work_key="2603.00001") is None
    assert put(log_store, 3, "vote", work_key="2603.00001") == 2
    assert end(log_store, 2, "vote", work_key="2603.00001") == 3
    assert end(log_store, 2, "vote", work_key="2603.00001") is None
    (standing,) = log_store.events.marks("vote")
    assert (standing.seq, standing.reader_id, standing.until) == (2, 3, None)
    gone, _ = log_store.events.marks("vote", past=True)
    assert (gone.since, gone.until) == (NOON, NOON + timedelta(minutes=3))
    third = log_store.events.after(2)[0]
    assert (third.stands, third.ends, third.work_key) == (False, (1,), "2603.00001")


def test_every_moment_can_be_asked_for(log_store):
    put(log_store, 2, "save", work_key="2603.00001")
    put(log_store, 2, "save", work_key="2603.00002")
    end(log_store, 2, "save", work_key="2603.00001")
    states = [
        [mark.work_key for mark in log_store.events.marks("save", at=NOON + timedelta(minutes=m))]
        for m in (-1, 0, 1, 2, 900)
    ]
    assert states == [[], ["2603.00001"], ["2603.00001", "2603.00002"], ["2603.00002"], ["2603.00002"]]


def test_what_is_shared_is_one_whoever_changes_it(log_store):
    put(log_store, 2, "comment", thing="1", work_key="2603.00001", text="First")
    put(log_store, 3, "comment", thing="1", work_key="2603.00001", text="Second")
    assert [mark.body["text"] for mark in log_store.events.marks("comment")] == ["Second"]
    assert [mark.body["text"] for mark in log_store.events.marks("comment", past=True)] == ["First", "Second"]


def test_an_unknown_kind_is_refused(log_store):
    with pytest.raises(ValueError, match="no such kind of event: 'dislike'"):
        put(log_store, 2, "dislike")


def test_a_clock_that_is_set_back_puts_no_effect_before_its_cause(log_store):
    put(log_store, 2, "vote", work_key="2603.00001")
    log_store.events.clock = lambda: NOON - timedelta(days=3)
    end(log_store, 2, "vote", work_key="2603.00001")
    first, second = log_store.events.after()
    assert second.at == first.at == NOON


def test_the_stamp_grows_when_something_was_written(log_store):
    before = log_store.stamp()
    put(log_store, 2, "vote", work_key="2603.00001")
    grown = log_store.stamp()
    put(log_store, 2, "vote", work_key="2603.00001")
    assert (grown, log_store.stamp()) == (before + 1, before + 1)


def test_what_breaks_writes_nothing(log_store):
    def both():
        with log_store.events.writing() as log:
            log.put(2, "vote", work_key="2603.00001")
            log.key("2609.99999")

    with pytest.raises(PaperNotFoundError):
        both()
    assert log_store.events.after() == []


def test_a_key_is_found_by_any_spelling(log_store):
    with log_store.events.writing() as log:
        assert log.key("https://arxiv.org/abs/2603.00002v1") == "2603.00002"


def test_merges_and_splits_take_votes_along(log_store):
    put(log_store, 2, "vote", work_key="2603.00001")
    put(log_store, 2, "vote", work_key="2603.00002")
    put(log_store, 3, "vote", work_key="2603.00002")
    merge = log_store.merge("2603.00001", "2603.00002", "one paper")
    assert len(log_store.events.marks("vote", works=["2603.00001"])) == 3
    end(log_store, 2, "vote", work_key="2603.00001")  # takes back both
    left = log_store.events.marks("vote", works=["2603.00001"])
    assert [(mark.reader_id, mark.work_key) for mark in left] == [(3, "2603.00001")]
    log_store.split(merge.id)
    assert [mark.reader_id for mark in log_store.events.marks("vote", works=["2603.00002"])] == [3]
    assert log_store.events.marks("vote", works=["2603.00001"]) == []


def test_emptied_events_keep_their_place_and_say_nothing(log_store):
    put(log_store, 2, "save", work_key="2603.00001")
    put(log_store, 2, "vote", work_key="2603.00001")
    put(log_store, 2, "comment", thing="3", work_key="2603.00001", text="Mine")
    put(log_store, 3, "save", work_key="2603.00001")
    log_store.events.empty(2, ["save"], keep=["comment"])
    told = [(e.kind, e.work_key, e.body) for e in log_store.events.after()]
    assert told == [
        ("save", "", {}),
        ("vote", "2603.00001", {}),
        ("comment", "2603.00001", {}),
        ("save", "2603.00001", {}),
    ]
    before = rows(log_store, marks)
    log_store.events.rebuild()
    assert rows(log_store, marks) == before


KEYS = ["2603.00001", "2603.00002", "2603.00003"]
steps = st.lists(
    st.tuples(
        st.sampled_from(["put", "end"]),
        st.sampled_from([1, 2, 3]),
        st.sampled_from(["vote", "save", "shelved", "comment"]),
        st.sampled_from(KEYS),
        st.sampled_from(["", "7"]),
        st.sampled_from([{}, {"text": "a"}, {"text": "b"}]),
    ),
    max_size=20,
)


@given(steps)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_log_alone_makes_the_marks(record, some):
    with Store.open("sqlite://") as store:
        store.ingest([record(key) for key in KEYS])
        for name in ("ada", "bo"):
            store.accounts.create(name, Role.READER)
        minutes = iter(range(10**6))
        store.events.clock = lambda: NOON + timedelta(minutes=next(minutes))
        merge = None
        for number, (what, reader, kind, key, thing, body) in enumerate(some):
            (put if what == "put" else end)(store, reader, kind, work_key=key, thing=thing, **body)
            if number == 8:
                merge = store.merge(KEYS[0], KEYS[1], "why not")
            if number == 14 and merge:
                store.split(merge.id)
        before = rows(store, marks)
        assert store.events.rebuild() == len(store.events.after())
        assert rows(store, marks) == before
        # A replay in plain loops.
        alive = {}
        for event in store.events.after():
            for ended in event.ends:
                del alive[ended]
            if event.stands:
                alive[event.seq] = (event.kind, event.reader_id, event.work_key, event.object, event.body)
        standing = store.events.marks("vote", "save", "shelved", "comment")
        assert {m.seq: (m.kind, m.reader_id, m.work_key, m.object, m.body) for m in standing} == alive


def test_a_backup_carries_the_log(log_store, tmp_path):
    put(log_store, 2, "vote", work_key="2603.00001")
    log_store.backup(tmp_path / "copy")
    url = f"sqlite:///{tmp_path / 'other.db'}"
    Store.restore(tmp_path / "copy", url)
    with Store.open(url) as other:
        assert rows(other, events) == rows(log_store, events)
        assert rows(other, marks) == rows(log_store, marks)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2300, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)))  # noqa: DTZ001
def test_moments_come_back_as_they_were(at):
    assert moment(microseconds(at)) == at
    assert EPOCH + timedelta(microseconds=microseconds(at)) == at
