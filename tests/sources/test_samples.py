"""The shared samples and seeds, where they are at hand: real bytes of every source, never copied here."""

from __future__ import annotations

import dataclasses

import pytest

from broadsheet.papers import Record, Rejection, Status
from broadsheet.sources import formats
from broadsheet.sources.reading import HEAD, open_input


def imported(path, year=None):
    with open_input(path) as stream:
        each = formats.recognise(stream.peek(HEAD)[:HEAD])
        return each.NAME, list(each.parse(stream, year=year))


@pytest.mark.parametrize(
    ("name", "format_name", "keys"),
    [
        ("arxiv_api_entry.atom.xml", "arxiv-atom", ["1605.08386"]),
        ("arxiv_api_oldstyle_affiliation.atom.xml", "arxiv-atom", ["astro-ph/0601001"]),
        ("arxiv_api_quantph_oldstyle.atom.xml", "arxiv-atom", ["quant-ph/0201082"]),
        ("arxiv_api_title_is_0.atom.xml", "arxiv-atom", ["2104.12255"]),
        ("arxiv_api_empty.atom.xml", "arxiv-atom", []),
        ("arxiv_rss_daily.atom.xml", "arxiv-feed", ["2508.13426", "2508.14001"]),
        ("arxiv_rss_daily.rss2.xml", "arxiv-feed", ["2609.13151", "2501.00001", "2609.13999"]),
        ("arxiv_rss_weekend_empty.rss2.xml", "arxiv-feed", []),
        ("arxiv_oai_arXivRaw.xml", "arxiv-oai", ["2501.00001", "2501.99999"]),
        ("arxiv_oai_arXivRaw_two_versions.xml", "arxiv-oai", ["2608.28914"]),
        ("arxiv_oai_arXiv.xml", "arxiv-oai", ["2401.12345"]),
        ("arxiv_kaggle_snapshot.jsonl", "arxiv-snapshot", ["2101.11408"]),
        ("hf_daily_papers.json", "hf-json", ["2607.21557", "2605.15193"]),
        ("hf_paper_object.json", "hf-json", ["2509.04664"]),
        ("hf_paper_detail.json", "hf-json", ["2607.16859"]),
        ("hf_paper_page.md", "hf-markdown", ["2407.20684"]),
        ("openreview_notes_v2.json", "openreview", ["abc123", "xyz789", "n1", "ld6JUQbhes"]),
        ("openreview_notes_v1.json", "openreview", ["v1abc", "def456"]),
    ],
)
def test_samples(shared, name, format_name, keys):
    recognised, results = imported(shared / "samples" / name)
    assert recognised == format_name
    assert [result.key for result in results] == keys


def test_every_sample_is_recognised_by_one_format(shared):
    for path in sorted((shared / "samples").iterdir()):
        if path.name not in ("README.md", "zotero_collections.json"):
            with open_input(path) as stream:
                head = stream.peek(HEAD)[:HEAD]
            assert len([each for each in formats.FORMATS if each.recognise(head)]) == 1, path.name


def test_details_of_the_samples(shared):
    def first(name):
        return imported(shared / "samples" / name)[1][0]

    assert first("arxiv_api_title_is_0.atom.xml").title == "0"
    affiliated = first("arxiv_api_oldstyle_affiliation.atom.xml")
    assert [author.affiliation for author in affiliated.authors][2] == "CfA"
    assert affiliated.journal_ref == "ActaAstron.56:1-50,2006"
    wrapped = first("hf_daily_papers.json")
    assert (wrapped.submitted.isoformat(), wrapped.listings[0].day) == ("2026-07-23", "2026-07-24")
    assert wrapped.abstract == "Full abstract text..."
    assert imported(shared / "samples" / "arxiv_oai_arXivRaw.xml")[1][1].status is Status.WITHDRAWN


@pytest.mark.parametrize(("name", "papers", "day"), [("jul-29", 56, "07-29"), ("oct-09", 65, "10-09")])
def test_the_seeds(shared, name, papers, day):
    path = shared / "seeds" / f"daily-papers-{name}.txt"
    recognised, results = imported(path)
    assert recognised == "hf-text"
    assert not [result for result in results if isinstance(result, Rejection)]
    assert [record.listings[0].position for record in results] == list(range(1, papers + 1))
    assert {record.listings[0].day for record in results} == {f"--{day}"}
    assert len({record.key for record in results}) == papers
    assert all(record.abstract and not record.identifiers for record in results)
    for record in imported(path, year=2025)[1]:
        assert record.listings[0].day == f"2025-{day}"
        again = formats.reparse(record.format, record.raw)
        assert isinstance(again, Record)
        assert dataclasses.replace(again, place=record.place) == record


def test_a_compressed_sample_of_arxiv_is_read_whole(shared):
    recognised, results = imported(shared / "data" / "papers" / "arxiv_sample_3k" / "papers.jsonl.gz")
    assert recognised == "arxiv-snapshot"
    assert len(results) == 3000
    assert all(isinstance(result, Record) and result.announced for result in results)
