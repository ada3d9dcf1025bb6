"""The JSON that registries, aggregators and reference managers answer with."""

from __future__ import annotations

import io
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from broadsheet.exceptions import UnreadableInputError
from broadsheet.papers import Record, Rejection, Status
from broadsheet.sources import (
    biorxiv,
    crossref,
    csl_json,
    dblp,
    europepmc,
    formats,
    json_feed,
    semanticscholar,
    zotero,
)

DATA = Path(__file__).parents[1] / "data"


def read(source, value) -> list[Record | Rejection]:
    return list(source.parse(io.BytesIO(json.dumps(value).encode())))


def work(**given):
    return {"DOI": "10.5555/X", "title": ["T"], **given}


@pytest.mark.parametrize(
    ("given", "published"),
    [
        ({"issued": {"date-parts": [[2026, 9, 3]]}}, "2026-09-03"),
        ({"issued": {"date-parts": [[None]]}, "published-online": {"date-parts": [[2018, 1]]}}, "2018-01"),
        ({"issued": {"date-parts": [[2020]]}}, "2020"),
        ({"issued": {"date-parts": [[None]]}}, ""),
        ({"issued": {"date-parts": []}}, ""),
        ({"issued": None}, ""),
        ({}, ""),
    ],
)
def test_crossref_dates_have_none_to_three_parts(given, published):
    assert read(crossref, work(**given))[0].published == published


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"title": ["RETRACTED: T"]}, Status.RETRACTED),
        ({"title": ["WITHDRAWN: T"]}, Status.WITHDRAWN),
        ({"type": "retraction"}, Status.RETRACTED),
        ({"update-to": [{"type": "retraction", "DOI": "10.5555/y"}]}, Status.RETRACTED),
        ({"updated-by": [{"type": "withdrawal", "DOI": "10.5555/y"}]}, Status.WITHDRAWN),
        ({"updated-by": [{"type": "correction", "DOI": "10.5555/y"}]}, Status.STANDING),
        ({"relation": {"is-retracted-by": [{"id": "10.5555/y", "id-type": "doi"}]}}, Status.RETRACTED),
        ({}, Status.STANDING),
    ],
)
def test_crossref_tells_the_fallen(given, status):
    record, *_ = read(crossref, work(**given))
    assert record.status is status
    assert "T" in record.title


def test_a_notice_of_crossref_tells_of_each_work_it_retracts():
    rows = [
        {"type": "retraction", "DOI": "10.5555/Y1", "label": "Retraction"},
        {"type": "correction", "DOI": "10.5555/y2"},
        {"type": "withdrawal", "DOI": "10.5555/y3"},
        {"type": "retraction", "DOI": "10.5555/x"},
        {"type": "retraction", "DOI": "nowhere"},
    ]
    notice, *told = read(crossref, work(**{"update-to": rows}))
    assert notice.key == "10.5555/x"
    assert [(r.key, r.identifiers[0].value, r.status, r.extra["unresolved"]) for r in told] == [
        ("10.5555/x#10.5555/y1", "10.5555/y1", Status.RETRACTED, True),
        ("10.5555/x#10.5555/y3", "10.5555/y3", Status.WITHDRAWN, True),
    ]
    for record in told:
        again = formats.reparse("crossref", record.raw)
        assert isinstance(again, Record)
        assert replace(again, place="", raw=b"") == replace(record, place="", raw=b"")


def test_crossref_single_work_and_lines_of_works():
    assert read(crossref, {"status": "ok", "message-type": "work", "message": work()})[0].key == "10.5555/x"
    lines = "\n".join(json.dumps(work(DOI=f"10.5555/{n}")) for n in range(3)).encode()
    assert [r.key for r in crossref.parse(io.BytesIO(lines))] == ["10.5555/0", "10.5555/1", "10.5555/2"]


def test_semantic_scholar_rows_stay_aligned_with_the_ids_asked_for():
    found = read(
        semanticscholar, [{"paperId": "a", "title": "A"}, None, {"paperId": "c", "title": "C"}, None]
    )
    assert [type(each) for each in found] == [Record, Rejection, Record, Rejection]
    assert [each.place for each in found] == ["entry 1", "entry 2", "entry 3", "entry 4"]


def test_semantic_scholar_embeddings_stay_out_of_extra_and_in_raw():
    (record,) = read(semanticscholar, {"paperId": "a", "title": "A", "embedding": {"vector": [0.5] * 768}})
    assert "embedding" not in record.extra
    assert b"embedding" in record.raw


def test_semantic_scholar_says_no_in_its_own_words():
    answer = {"message": "Too Many Requests", "code": "429"}
    with pytest.raises(UnreadableInputError, match="Too Many Requests"):
        read(semanticscholar, answer)


def test_europe_pmc_errors_inside_a_good_answer():
    answer = {"errCode": "404", "errMsg": "No such cursor"}
    assert formats.recognise(json.dumps(answer).encode()) is europepmc
    with pytest.raises(UnreadableInputError, match="404 No such cursor"):
        read(europepmc, answer)


@pytest.mark.parametrize("doi", ["10.1101/2026.03.01.000001", "10.64898/2026.03.01.000001"])
def test_biorxiv_old_and_new_prefixes_and_unpadded_dates(doi):
    (record,) = read(biorxiv, {"collection": [{"doi": doi, "title": "T", "date": "2026-6-3"}]})
    assert record.key == doi
    assert record.submitted.isoformat() == "2026-06-03"


def test_an_empty_answer_is_no_error():
    assert read(biorxiv, {"messages": [{"status": "no posts found"}], "collection": []}) == []
    assert read(dblp, {"result": {"hits": {"@total": "0"}}}) == []
    assert read(europepmc, {"hitCount": 0, "resultList": {"result": []}}) == []
    assert read(crossref, {"status": "ok", "message-type": "work-list", "message": {"items": []}}) == []


def test_zotero_passes_notes_attachments_and_collections_over():
    items = [{"data": {"itemType": kind, "title": "x"}} for kind in ("note", "attachment", "annotation")]
    assert read(zotero, items) == []
    assert read(zotero, [{"key": "A", "data": {"name": "c", "parentCollection": False}}]) == []


def test_zotero_keeps_the_day_an_item_was_added():
    (record,) = read(
        zotero, [{"data": {"title": "T", "dateAdded": "2026-01-15T10:00:00Z", "collections": ["C"]}}]
    )
    assert record.extra["zotero"] == {"dateAdded": "2026-01-15T10:00:00Z", "collections": ["C"]}


@pytest.mark.parametrize(
    ("issued", "published"),
    [
        ({"date-parts": [["2020", "5"]]}, "2020-05"),
        ({"date-parts": [[None]]}, ""),
        ({"raw": "12 May 2020"}, "2020-05-12"),
        ({"literal": "May 2020"}, "2020-05"),
        ("2020", ""),
    ],
)
def test_csl_dates(issued, published):
    item = {"id": "x", "type": "article-journal", "title": "T", "issued": issued}
    assert read(csl_json, [item])[0].published == published


def test_a_json_feed_without_items_is_unreadable():
    with pytest.raises(UnreadableInputError, match="items"):
        read(json_feed, {"version": "https://jsonfeed.org/version/1"})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "one"),
    [
        (crossref, work(author=[{"given": "A", "family": "B"}] * 4, abstract="<jats:p>" + "word " * 150 + "</jats:p>", issued={"date-parts": [[2020, 1, 2]]}, **{"container-title": ["J"]})),
        (semanticscholar, {"paperId": "a" * 40, "title": "T", "abstract": "word " * 150, "authors": [{"name": "A B"}] * 4, "externalIds": {"DOI": "10.5555/x", "CorpusId": 5}, "year": 2020}),
        (csl_json, {"id": "x", "type": "article-journal", "title": "T", "abstract": "word " * 150, "author": [{"family": "B", "given": "A"}] * 4, "issued": {"date-parts": [[2020, 1]]}}),
        (zotero, {"key": "ABCD2345", "data": {"itemType": "preprint", "title": "T", "abstractNote": "word " * 150, "creators": [{"firstName": "A", "lastName": "B"}] * 4, "date": "2020-01"}}),
    ],
    ids=["crossref", "semanticscholar", "csl-json", "zotero"],
)  # fmt: skip
def test_five_thousand_records_a_second(source, one):
    data = (json.dumps(one) + "\n").encode() * 10_000
    started = time.process_time()
    assert sum(isinstance(each, Record) for each in source.parse(io.BytesIO(data))) == 10_000
    assert 10_000 / (time.process_time() - started) > 5000


def test_crossrefs_answer_in_csl_is_crossrefs():
    answer = {"indexed": {"date-parts": [[2020]]}, "DOI": "10.5555/x", "title": "T", "container-title": "J"}
    head = json.dumps(answer).encode()
    assert [each.NAME for each in formats.FORMATS if each.recognise(head)] == ["crossref"]
    (record,) = read(crossref, answer)
    assert (record.title, record.venue) == ("T", "J")
