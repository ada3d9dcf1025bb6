"""The front of the reading room: everything a parser needs of its bytes, under one name.

Linear in time, bounded in memory and depth; nothing here touches the network.
"""

from __future__ import annotations

from broadsheet.sources.reading.json_records import Piece, json_bytes, records_of_json
from broadsheet.sources.reading.limits import MAX_DEPTH, MAX_RECORD_BYTES, MAX_WHOLE_BYTES, read_whole
from broadsheet.sources.reading.markup import html_to_text, jats_to_text
from broadsheet.sources.reading.opening import DEFAULT_MAX_BYTES, HEAD, open_input
from broadsheet.sources.reading.text import address, clean, decode, excerpt, mend, paragraphs, plain
from broadsheet.sources.reading.xml_records import Found, child_text, elements, local_name, xml_bytes

__all__ = [
    "DEFAULT_MAX_BYTES",
    "HEAD",
    "MAX_DEPTH",
    "MAX_RECORD_BYTES",
    "MAX_WHOLE_BYTES",
    "Found",
    "Piece",
    "address",
    "child_text",
    "clean",
    "decode",
    "elements",
    "excerpt",
    "html_to_text",
    "jats_to_text",
    "json_bytes",
    "local_name",
    "mend",
    "open_input",
    "paragraphs",
    "plain",
    "read_whole",
    "records_of_json",
    "xml_bytes",
]
