"""From a path or a stream to plain bytes: decompressed, capped in size and ratio, never UTF-16."""

from __future__ import annotations

import codecs
import contextlib
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

from broadsheet.exceptions import TooLargeError, UnreadableInputError

HEAD: Final = 1 << 16  # the bytes by which a format is recognised
DEFAULT_MAX_BYTES: Final = 16 << 30
_RATIO: Final = 250  # text compresses 3 to 30 times, a bomb about 1,000 times
_RATIO_FREE: Final = 32 << 20  # below this much output no ratio matters

_ARCHIVES: Final = (
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ\x00", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"%PDF-", "a PDF"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"\x7fELF", "a program"),
)


class _Counted(io.RawIOBase):
    """A stream that knows how many bytes were taken from it."""

    def __init__(self, stream: BinaryIO, first: bytes = b"") -> None:
        super().__init__()
        self._stream = stream
        self._first = first
        self.taken = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data, self._first = (self._first, b"") if size < 0 else (self._first[:size], self._first[size:])
        if size < 0 or len(data) < size:
            data += self._stream.read(size if size < 0 else size - len(data)) or b""
        self.taken += len(data)
        return data


class _Plain(io.RawIOBase):
    """The decompressed bytes, refused beyond a size or a compression ratio."""

    def __init__(self, stream: IO[bytes] | _Counted, source: _Counted | None, max_bytes: int) -> None:
        super().__init__()
        self._stream = stream
        self._source = source
        self._max_bytes = max_bytes
        self._given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        filled = 0
        while filled < len(view):  # fill it whole, so that one peek sees a whole head
            try:
                data = self._stream.read(len(view) - filled)
            except (EOFError, OSError, zlib.error, zipfile.BadZipFile, RuntimeError) as error:
                if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):
                    raise
                where = f"after {self._given + filled:,} bytes"
                raise UnreadableInputError(
                    f"the compressed input is damaged or cut short {where}: {error}"
                ) from error
            if not data:
                break
            view[filled : filled + len(data)] = data
            filled += len(data)
        self._given += filled
        if self._given > self._max_bytes:
            raise TooLargeError(f"the input is larger than {self._max_bytes:,} bytes; import it in parts")
        packed = self._source.taken if self._source else self._given
        if self._given > _RATIO_FREE and self._given > _RATIO * max(packed, 1):
            raise TooLargeError(
                f"the compressed input grows more than {_RATIO} times; "
                "if it is genuine, unpack it and import the plain file"
            )
        return filled


class _Transcoded(io.RawIOBase):
    """UTF-16 or UTF-32 bytes, given out as UTF-8."""

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        super().__init__()
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._ready = b""
        self._begun = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast(bytearray, buffer))
        while not self._ready:
            data = self._stream.read(HEAD)
            text = self._decoder.decode(data, final=not data)
            if not self._begun and text:
                self._begun = True
                text = re.sub(
                    r"""^(\s*<\?xml[^>]{0,200}?)\s+encoding=["'][^"']{0,40}["']""",
                    r"\1",
                    text.lstrip("\ufeff"),
                )
            self._ready = text.encode("utf-8", "replace")
            if not data:
                break
        size = min(len(view), len(self._ready))
        view[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size


@contextlib.contextmanager
def open_input(
    source: str | Path | BinaryIO, max_bytes: int = DEFAULT_MAX_BYTES
) -> Iterator[io.BufferedReader]:
    """Open an input for recognising and parsing; `.peek(HEAD)` sees its beginning without taking it.

    gzip and a zip of one file are unpacked on the way; UTF-16 and UTF-32 (by their marks) become UTF-8.

    Raises TooLargeError, here or while reading, beyond `max_bytes` after decompression or when the
    compression ratio is a bomb's; UnreadableInputError for other archives and for damaged ones.
    """
    with contextlib.ExitStack() as stack:
        if isinstance(source, str | Path):
            try:
                stream: BinaryIO = stack.enter_context(Path(source).open("rb"))
            except (OSError, ValueError) as error:
                why = error.strerror if isinstance(error, OSError) else error
                raise UnreadableInputError(f"cannot open {str(source)!r}: {why}") from error
        else:
            stream = source
        first = _read_up_to(stream, 512)
        counted = _Counted(stream, first)
        unpacked: IO[bytes] | None = None
        if first.startswith(b"\x1f\x8b"):
            unpacked = cast(IO[bytes], stack.enter_context(gzip.GzipFile(fileobj=cast(IO[bytes], counted))))
        elif first.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            unpacked = stack.enter_context(_only_member(stream, len(first)))
        capped = _buffered(_Plain(unpacked or counted, counted if unpacked else None, max_bytes))
        head = capped.peek(512)
        _refuse_archives(head, unpacked=unpacked is not None)
        if encoding := _wide_encoding(head):
            capped = _buffered(_Transcoded(capped, encoding))
        yield capped


def _buffered(raw: io.RawIOBase) -> io.BufferedReader:
    return io.BufferedReader(raw, HEAD)


def _read_up_to(stream: BinaryIO, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = stream.read(size - len(data))
        if not more:
            break
        data += more
    return data


def _only_member(stream: BinaryIO, taken: int) -> IO[bytes]:
    try:
        stream.seek(-taken, io.SEEK_CUR)
        archive = zipfile.ZipFile(stream)
    except (OSError, AttributeError) as error:
        raise UnreadableInputError(
            "a zip archive cannot be read from a pipe; save it to a file first"
        ) from error
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise UnreadableInputError(f"the zip archive is damaged: {error}") from error
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not re.search(r"(^|/)(\.|__MACOSX/)", member.filename)
    ]
    if len(members) != 1:
        raise UnreadableInputError(
            f"the zip archive holds {len(members)} files; unpack it and import each file by itself"
        )
    member = members[0]
    if member.file_size > _RATIO_FREE and member.file_size > _RATIO * max(member.compress_size, 1):
        raise TooLargeError(f"the zip archive grows more than {_RATIO} times; unpack it if it is genuine")
    try:
        return archive.open(member)
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile, OSError) as error:
        raise UnreadableInputError(f"the zip archive cannot be unpacked: {error}") from error


def _refuse_archives(head: bytes, *, unpacked: bool) -> None:
    for magic, name in _ARCHIVES:
        if head.startswith(magic):
            raise UnreadableInputError(
                f"this is {name}; unpack or convert it to one of the text formats first"
            )
    if head.startswith((b"\x1f\x8b", b"PK\x03\x04")):
        raise UnreadableInputError("the input is compressed twice; unpack it once first")
    if head[257:262] == b"ustar":
        what = "holds a tar archive" if unpacked else "is a tar archive"
        raise UnreadableInputError(f"the input {what}; unpack it and import each file by itself")


def _wide_encoding(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return ""
