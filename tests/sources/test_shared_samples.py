"""The samples that lie outside the repository, where they are there."""

from __future__ import annotations

import dataclasses

import pytest

from broadsheet.papers import Record, Rejection
from broadsheet.sources import formats

# file: format, records, rejections
EXPECTED = {
    "acl_anthology.bib": ("bibtex", 1, 0),
    "acl_anthology_collection.xml": ("acl-xml", 1, 0),
    "arxiv_export.bib": ("bibtex", 1, 0),
    "biorxiv_details.json": ("biorxiv", 1, 1),
    "crossref_work_list.json": ("crossref", 3, 1),
    "europepmc_preprints.json": ("europepmc", 1, 0),
    "journal_rss1_rdf.xml": ("journal-feed", 1, 0),
    "jsonfeed.json": ("json-feed", 0, 2),
    "ris_basic.ris": ("ris", 1, 0),
    "ris_bom.ris": ("ris", 0, 1),
    "ris_full.ris": ("ris", 2, 0),
    "ris_multiline.ris": ("ris", 0, 3),
    "ris_utf_chars.ris": ("ris", 1, 0),
    "semanticscholar_batch_with_null.json": ("semanticscholar", 1, 1),
    "semanticscholar_paper.json": ("semanticscholar", 1, 0),
    "subscriptions.opml": ("opml", 0, 1),
    "wos_fieldtagged.ciw": ("wos", 2, 0),
    "zotero_collections.json": ("zotero", 0, 0),
    "zotero_items.json": ("zotero", 2, 0),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_sample_is_read(shared, name):
    path = shared / "samples" / name
    if not path.is_file():
        pytest.skip(f"the shared folder has no {name}")
    with path.open("rb") as stream:
        found = list(formats.recognise(path.read_bytes()[:65536]).parse(stream))
    records = [each for each in found if isinstance(each, Record)]
    rejections = [each for each in found if isinstance(each, Rejection)]
    assert (formats.recognise(path.read_bytes()[:65536]).NAME, len(records), len(rejections)) == EXPECTED[
        name
    ]
    for record in records:
        again = formats.reparse(record.format, record.raw)
        assert isinstance(again, Record)
        assert dataclasses.replace(again, place=record.place) == record
