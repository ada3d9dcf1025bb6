from __future__ import annotations

import gzip
import io
import zipfile

import pytest

from broadsheet.exceptions import TooLargeError, UnreadableInputError
from broadsheet.sources.reading import HEAD, open_input

TEXT = b'{"id": "2401.00001"}\n' * 5000


def zipped(**members: bytes) -> io.BytesIO:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, data in members.items():
            writer.writestr(name.replace("_", "/", 1) if name.startswith("d_") else name, data)
    archive.seek(0)
    return archive


class Pipe(io.RawIOBase):
    """A stream that gives little at a time and cannot go back."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.data = io.BytesIO(data)

    def readable(self):
        return True

    def readinto(self, buffer):
        data = self.data.read(min(7, len(buffer)))
        buffer[: len(data)] = data
        return len(data)


def taken(source, **kwargs) -> bytes:
    with open_input(source, **kwargs) as stream:
        return stream.read()


def test_a_plain_file_is_peeked_and_then_read_whole(tmp_path):
    path = tmp_path / "plain.jsonl"
    path.write_bytes(TEXT)
    for source in (path, str(path), io.BytesIO(TEXT), Pipe(TEXT)):
        with open_input(source) as stream:
            assert stream.peek(HEAD)[:HEAD] == TEXT[:HEAD]
            assert stream.read() == TEXT


def test_gzip_and_a_zip_of_one_file_are_unpacked(tmp_path):
    assert taken(io.BytesIO(gzip.compress(TEXT))) == TEXT
    assert taken(Pipe(gzip.compress(TEXT))) == TEXT
    assert taken(io.BytesIO(gzip.compress(TEXT[:21]) + gzip.compress(TEXT[21:]))) == TEXT
    assert taken(zipped(**{"snapshot.jsonl": TEXT, "__MACOSX/._snapshot.jsonl": b"x"})) == TEXT
    path = tmp_path / "archive.zip"
    path.write_bytes(zipped(a=TEXT).getvalue())
    assert taken(path) == TEXT


def test_an_empty_input_is_empty():
    assert taken(io.BytesIO(b"")) == b""
    assert taken(io.BytesIO(gzip.compress(b""))) == b""


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (lambda: zipped(a=b"1", b=b"2"), "holds 2 files"),
        (lambda: zipped(), "holds 0 files"),
        (lambda: io.BytesIO(b"PK\x03\x04 no zip at all"), "zip archive is damaged"),
        (lambda: Pipe(zipped(a=b"1").getvalue()), "save it to a file first"),
        (lambda: io.BytesIO(gzip.compress(gzip.compress(TEXT))), "compressed twice"),
        (lambda: io.BytesIO(b"BZh91AY&SY"), "bzip2"),
        (lambda: io.BytesIO(b"\xfd7zXZ\x00\x00"), "xz file"),
        (lambda: io.BytesIO(b"%PDF-1.7"), "PDF"),
        (lambda: io.BytesIO(b"name.txt" + b"\0" * 249 + b"ustar" + b"\0" * 300), "tar archive"),
        (
            lambda: io.BytesIO(gzip.compress(b"name.txt" + b"\0" * 249 + b"ustar" + b"\0" * 300)),
            "tar archive",
        ),
        (lambda: io.BytesIO(b"SQLite format 3\x00"), "SQLite"),
        (lambda: "/no/such/file/anywhere", "cannot open"),
    ],
)
def test_what_cannot_be_taken_in_is_refused_in_words(source, words):
    with pytest.raises(UnreadableInputError, match=words):
        taken(source())


def test_an_encrypted_zip_is_refused():
    data = bytearray(zipped(a=b"secret").getvalue())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    with pytest.raises(UnreadableInputError, match=r"encrypted|password"):
        taken(io.BytesIO(bytes(data)))


def read_until_refused(data: bytes, words: str, error: type[Exception]) -> int:
    """How many bytes come before the refusal."""
    read = 0

    def read_all():
        nonlocal read
        with open_input(io.BytesIO(data)) as stream:
            while piece := stream.read(1000):
                read += len(piece)

    with pytest.raises(error, match=words):
        read_all()
    return read


def test_a_cut_or_damaged_gzip_gives_what_it_has_and_then_an_error():
    packed = gzip.compress(bytes(i * i % 251 for i in range(400_000)), compresslevel=0)
    assert read_until_refused(packed[:-100], "damaged or cut short", UnreadableInputError) > 100_000
    damaged = packed[:200_000] + b"\xff" * 50 + packed[200_050:]
    assert read_until_refused(damaged, "damaged or cut short", UnreadableInputError) > 100_000


def test_more_than_the_cap_is_refused():
    assert taken(io.BytesIO(TEXT), max_bytes=len(TEXT)) == TEXT
    for source in (TEXT, gzip.compress(TEXT)):
        with pytest.raises(TooLargeError, match="larger than 1,000 bytes"):
            taken(io.BytesIO(source), max_bytes=1000)


def test_bombs_are_refused_early():
    bomb = gzip.compress(b"\0" * (200 << 20), compresslevel=9)
    assert read_until_refused(bomb, "grows more than", TooLargeError) < 64 << 20
    with pytest.raises(TooLargeError, match="grows more than"):
        taken(zipped(bomb=b"\0" * (64 << 20)))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_wide_encodings_become_utf_8(encoding):
    text = "Daily Papers\n\nŁódź 日本 🌫\n" * 9000
    mark = b"" if encoding in ("utf-16", "utf-32") else "\ufeff".encode(encoding)
    assert taken(io.BytesIO(mark + text.encode(encoding))).decode() == text


def test_a_wide_xml_no_longer_says_it_is():
    text = '<?xml version="1.0" encoding="UTF-16"?><feed/>'
    assert taken(io.BytesIO(text.encode("utf-16"))) == b'<?xml version="1.0"?><feed/>'
