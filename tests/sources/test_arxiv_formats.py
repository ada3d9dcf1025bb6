"""The traps of arXiv's formats that the golden pairs do not show."""

from __future__ import annotations

import io
import json
import tracemalloc

import pytest

from broadsheet.exceptions import UnreadableInputError
from broadsheet.papers import Record, Rejection, Status
from broadsheet.sources import arxiv_atom, arxiv_feed, arxiv_oai, arxiv_snapshot

FEED = '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom">{}</feed>'


def parsed(each, text, **kwargs):
    return list(each.parse(io.BytesIO(text.encode()), **kwargs))


def entry(**fields):
    fields = {"id": "http://arxiv.org/abs/2401.00001v1", "title": "T", "summary": "S."} | fields
    return FEED.format("<entry>" + "".join(f"<{k}>{v}</{k}>" for k, v in fields.items()) + "</entry>")


def test_an_error_feed_is_raised_in_the_servers_words():
    text = entry(
        id="https://arxiv.org/api/errors#incorrect_id", title="Error", summary="incorrect id format for abc"
    )
    with pytest.raises(
        UnreadableInputError, match="arXiv answered with an error: incorrect id format for abc"
    ):
        parsed(arxiv_atom, text)


def test_a_paper_may_be_called_error():
    (record,) = parsed(arxiv_atom, entry(title="Error"))
    assert record.title == "Error"


def test_throttling_is_recognised_and_said():
    assert arxiv_atom.recognise(b"Rate exceeded.")
    with pytest.raises(UnreadableInputError, match=r"arXiv said: Rate exceeded\..*three seconds"):
        parsed(arxiv_atom, "Rate exceeded.")


def test_a_web_page_instead_of_a_feed_is_said_to_be_one():
    with pytest.raises(UnreadableInputError, match="web page"):
        parsed(arxiv_atom, "<!DOCTYPE html><html><body>503</body></html>")


def test_an_entry_without_a_title_or_an_id_is_rejected_and_the_rest_is_read():
    text = FEED.format(
        "<entry><id>http://arxiv.org/abs/2401.00001v1</id><title> </title></entry>"
        "<entry><id>urn:x</id><title>A</title></entry>"
        "<entry><id>http://arxiv.org/abs/2401.00002</id><title>B</title></entry>"
    )
    one, two, three = parsed(arxiv_atom, text)
    assert isinstance(one, Rejection)
    assert isinstance(two, Rejection)
    assert (three.key, three.versions) == ("2401.00002", ())


def test_dates_of_the_api_are_never_announcements():
    (record,) = parsed(
        arxiv_atom, entry(published="2024-01-01T23:30:00-02:00", updated="2024-01-05T00:00:00Z")
    )
    assert record.submitted.isoformat() == "2024-01-02"  # in UTC
    assert record.revised.isoformat() == "2024-01-05"
    assert record.announced is None
    assert record.listings == ()


def test_a_cut_feed_gives_what_stood_before():
    text = FEED.format("".join(entry().partition("<entry>")[1:]).removesuffix("</feed>") * 3)
    stream = arxiv_atom.parse(io.BytesIO(text[:-20].encode()))
    assert isinstance(next(stream), Record)
    assert isinstance(next(stream), Record)
    with pytest.raises(UnreadableInputError, match="cut short"):
        list(stream)


ITEM = "<rss xmlns:arxiv='http://arxiv.org/schemas/atom'><channel>{}<item><title>{}</title><description>{}</description><guid>{}</guid>{}</item></channel></rss>"


@pytest.mark.parametrize(
    ("kind", "update_only", "announced"),
    [("new", False, True), ("cross", False, True), ("replace", True, False), ("replace-cross", True, False)],
)
def test_replacements_update_and_announce_nothing(kind, update_only, announced):
    day = "<pubDate>Wed, 06 Mar 2024 00:00:00 -0500</pubDate>"
    for announce in (f"<arxiv:announce_type>{kind}</arxiv:announce_type>", ""):
        text = ITEM.format(
            day,
            "T",
            f"arXiv:2403.00001v1 Announce Type: {kind} \nAbstract: A.",
            "oai:arXiv.org:2403.00001v1",
            announce,
        )
        (record,) = parsed(arxiv_feed, text)
        assert record.update_only is update_only
        assert (record.announced is not None) is announced
        assert record.abstract == "A."


def test_the_announced_day_is_new_yorks():
    day = "<pubDate>Wed, 06 Mar 2024 23:59:00 -0500</pubDate>"
    (record,) = parsed(arxiv_feed, ITEM.format("", "T", "x", "oai:arXiv.org:2403.00001v1", day))
    assert record.announced.isoformat() == "2024-03-06"


def test_a_feed_without_days_announces_without_inventing_one():
    (record,) = parsed(arxiv_feed, ITEM.format("", "T", "x", "oai:arXiv.org:2403.00001v1", ""))
    assert record.announced is None


def test_the_older_feeds_titles_lose_their_tail():
    (record,) = parsed(
        arxiv_feed,
        ITEM.format(
            "", "On Moss. (arXiv:2101.00001v2 [cs.LG] UPDATED)", "&lt;p&gt;Green.&lt;/p&gt;", "http://x", ""
        ),
    )
    assert (record.title, record.key, record.update_only, record.abstract) == (
        "On Moss",
        "2101.00001",
        True,
        "Green.",
    )


OAI = '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">{}</OAI-PMH>'


def test_the_resumption_token_is_found_or_is_empty():
    def token(inner):
        return arxiv_oai.resumption_token(OAI.format(f"<ListRecords>{inner}</ListRecords>").encode())

    assert token("<resumptionToken cursor='0'>a|b&amp;c</resumptionToken>") == "a|b&c"
    assert token("<resumptionToken cursor='9'></resumptionToken>") == ""
    assert token("<resumptionToken/>") == ""
    assert token("") == ""


def test_no_records_is_no_error_but_other_errors_are():
    assert parsed(arxiv_oai, OAI.format('<error code="noRecordsMatch">none</error>')) == []
    with pytest.raises(UnreadableInputError, match="badResumptionToken: expired"):
        parsed(arxiv_oai, OAI.format('<error code="badResumptionToken">expired</error>'))


def test_other_metadata_is_rejected_by_name():
    record = "<record><header><identifier>oai:arXiv.org:2401.00001</identifier></header><metadata><dc><title>x</title></dc></metadata></record>"
    (rejection,) = parsed(arxiv_oai, OAI.format(record))
    assert "'dc'; ask for arXivRaw or arXiv" in rejection.reason


def test_the_datestamp_makes_no_day():
    record = (
        "<record><header><identifier>oai:arXiv.org:2401.00001</identifier><datestamp>2026-09-10</datestamp></header>"
        "<metadata><arXiv><id>2401.00001</id><title>T</title></arXiv></metadata></record>"
    )
    (paper,) = parsed(arxiv_oai, OAI.format(record))
    assert (paper.submitted, paper.revised, paper.announced, paper.published) == (None, None, None, "")


def test_a_deleted_record_withdraws_and_only_updates():
    record = '<record><header status="deleted"><identifier>oai:arXiv.org:math/0309136</identifier></header></record>'
    (paper,) = parsed(arxiv_oai, OAI.format(record))
    assert (paper.key, paper.title, paper.status, paper.update_only) == (
        "math/0309136",
        "",
        Status.WITHDRAWN,
        True,
    )


def line(**fields):
    return json.dumps(
        {"id": "2401.00001", "title": "T", "abstract": "A.", "categories": "cs.LG cs.AI"} | fields
    )


def test_the_snapshot_survives_fields_of_any_kind():
    odd = [None, 0, 1.5, True, "", "x", [], [None], [[]], [["a"]], {}, {"a": None}, "\ud800\u0000"]
    fields = (
        "authors",
        "authors_parsed",
        "versions",
        "categories",
        "comments",
        "doi",
        "license",
        "journal-ref",
        "date",
        "new",
    )
    text = "\n".join(line(**{field: value}) for field in fields for value in odd)
    results = parsed(arxiv_snapshot, text)
    assert len(results) == len(odd) * len(fields)
    for record in results:
        assert record.key == "2401.00001"
        json.dumps(dict(record.extra)).encode()
        record.comment.encode()


def test_the_snapshot_keeps_what_it_does_not_know():
    (record,) = parsed(arxiv_snapshot, line(**{"report-no": "R-1", "moon": {"phase": "new", "none": None}}))
    assert record.extra == {"report-no": "R-1", "moon": {"phase": "new"}}


def test_tex_accents_in_names_are_letters():
    (record,) = parsed(
        arxiv_snapshot, line(authors_parsed=[["Erd\\H{o}s", "P.", ""], ["Stra{\\ss}e", "A.", ""]])
    )
    assert [author.name for author in record.authors] == ["P. Erdős", "A. Straße"]


def test_mended_text_keeps_what_was_sent():
    (record,) = parsed(arxiv_snapshot, line(title="On WÃ¼rzburg", authors_parsed=[["WÃ¼bben", "O.", ""]]))
    assert record.title == "On Würzburg"
    assert record.authors[0].name == "O. Wübben"
    assert record.extra["as_sent"] == {"title": "On WÃ¼rzburg", "authors": ["O. WÃ¼bben"]}


def test_the_snapshot_is_read_in_little_memory():
    text = (line(abstract="word " * 300) + "\n").encode() * 10_000  # 15 MB

    class Stream(io.BytesIO):
        pass

    stream = Stream(text)
    tracemalloc.start()
    try:
        assert sum(1 for _ in arxiv_snapshot.parse(stream)) == 10_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2 << 20
