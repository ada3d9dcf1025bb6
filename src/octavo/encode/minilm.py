"""MiniLM: 384-dimensional vectors of sentences and abstracts, on a processor, without torch.

MiniLM: Deep Self-Attention Distillation for Task-Agnostic Compression of Pre-Trained Transformers
(Wang et al., 2020), arXiv:2002.10957. The weights are those of all-MiniLM-L6-v2, taught by contrast on a
billion pairs in the manner of Sentence-BERT (Reimers and Gurevych, 2019), arXiv:1908.10084: a text's vector
is the mean of its token vectors, scaled to unit length.

One text at a time goes through the network. A full abstract keeps the processor as busy as a batch of them
would, nothing is padded or masked, memory stays flat, and since the integers of `bert_graph` are scaled
within one run, a text's vector does not depend on the texts encoded beside it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
import onnxruntime
import platformdirs
from safetensors import SafetensorError, safe_open
from tokenizers import Tokenizer

from octavo.encode.built_model import built_model
from octavo.encode.minilm_weights import TENSORS, TOKENIZER, digest, find_weights
from octavo.exceptions import MissingWeightsError, ShapeError
from octavo.protocols import Array, Ids, Whole

_T = TypeVar("_T")

_DIM: Final = 384
_HEADS: Final = 12
_LAYERS: Final = 6
_LONGEST: Final = 512  # pieces for which there are position embeddings
_SHORTEST: Final = 3  # [CLS], one piece, [SEP]
_CHARACTERS_A_PIECE: Final = 64  # of a text, only the first this many times max_pieces are looked at
_ERRORS_ONLY: Final = 3
_GRAPH_VERSION: Final = 1  # raised whenever `bert_graph` would build a network of other vectors


class MiniLM:
    """Encoder of short texts, symmetric: a query is encoded as a document is.

    folder: holds `model.safetensors` and `tokenizer.json`; by default those of an installed package of
    weights. cache: where the 8-bit model built from them is kept; by default the user's cache folder.
    max_pieces: a text is cut after this many word pieces, [CLS] and [SEP] among them. threads: how many texts
    are encoded at once; more than the processor has cores is no gain.

    Nothing is read before the first text or the first look at `name`. One object may serve many threads.
    Raises MissingWeightsError, on first use, where there are no weights or they are not those of a MiniLM.

    >>> encoder = MiniLM()
    >>> owl, bird, tax = encoder.encode_documents(["An owl hunts.", "A bird of prey.", "Income tax forms."])
    >>> bool(owl @ bird > owl @ tax)
    True
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        cache: Path | None = None,
        max_pieces: int = 256,
        threads: int = 2,
    ) -> None:
        if not _SHORTEST <= max_pieces <= _LONGEST:
            raise ValueError(f"max_pieces must be between {_SHORTEST} and {_LONGEST}, got {max_pieces}")
        if threads < 1:
            raise ValueError(f"threads must be at least 1, got {threads}")
        self.folder = folder
        self.cache = cache
        self.max_pieces = max_pieces
        self.threads = threads
        self._opening = threading.RLock()
        self._found: _Weights | None = None
        self._network: _Network | None = None

    @property
    def dim(self) -> int:
        """D, which is 384."""
        return _DIM

    @property
    def name(self) -> str:
        """Says which vectors these are: another name whenever some text's vector would be another."""
        return f"{self._weights().name}-{self.max_pieces}"

    def encode_documents(self, texts: Sequence[str]) -> Array:
        """Return (N, 384) vectors of unit length; an empty text has one too."""
        vectors = self._each(texts, lambda tokens, _: _pooled(tokens))
        return np.stack(vectors) if vectors else np.empty((0, _DIM), np.float32)

    def encode_queries(self, texts: Sequence[str]) -> Array:
        """Return (Q, 384) vectors of unit length."""
        return self.encode_documents(texts)

    def encode_tokens(self, texts: Sequence[str]) -> list[Array]:
        """Return for each text (T, 384): its pieces' vectors, of unit length, without [CLS] and [SEP]."""
        return self._each(texts, lambda tokens, _: _separate(tokens))

    def encode_whole(self, texts: Sequence[str]) -> Whole:
        """Return the vectors of texts, of their tokens, and the tokens' pieces, in one reading of each."""
        made = self._each(texts, _whole)
        vectors = np.stack([vector for vector, _, _ in made]) if made else np.empty((0, _DIM), np.float32)
        return Whole(vectors, [tokens for _, tokens, _ in made], [pieces for _, _, pieces in made])

    def pieces(self, texts: Sequence[str]) -> list[Ids]:
        """Return for each text (T,): which word pieces they are whose vectors `encode_tokens` returns."""
        _check_texts(texts)
        network = self._open()
        return [network.pieces(text)[1:-1] for text in texts]

    def _each(self, texts: Sequence[str], finish: Callable[[Array, Ids], _T]) -> list[_T]:
        """Run every text through the network and finish its token vectors (T, 384) and pieces (T,)."""
        _check_texts(texts)
        if not texts:
            return []
        network = self._open()

        def encode(text: str) -> _T:
            pieces = network.pieces(text)
            return finish(network(pieces), pieces)

        if len(texts) == 1 or self.threads == 1:
            return [encode(text) for text in texts]
        with ThreadPoolExecutor(self.threads) as pool:
            return list(pool.map(encode, texts))

    def _weights(self) -> _Weights:
        with self._opening:
            if self._found is None:
                self._found = _Weights(find_weights(self.folder))
            return self._found

    def _open(self) -> _Network:
        with self._opening:
            if self._network is None:
                weights = self._weights()
                cache = self.cache or Path(platformdirs.user_cache_dir("octavo"))
                model = built_model(cache, weights.name, weights.build)
                self._network = _Network(model, weights.folder / TOKENIZER, self.max_pieces)
            return self._network


class _Weights:
    """A folder of weights, and the name of the vectors they make."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = f"minilm-l6-v2-int8-{_GRAPH_VERSION}-{digest(folder)[:12]}"

    def build(self) -> bytes:
        # Imported here because onnx takes longer to import than the built model to open.
        from octavo.encode.bert_graph import bert_graph

        try:
            with safe_open(self.folder / TENSORS, framework="np") as tensors:
                return bert_graph(tensors.get_tensor, dim=_DIM, layers=_LAYERS, heads=_HEADS)
        except (SafetensorError, ShapeError) as error:
            raise MissingWeightsError(f"{str(self.folder / TENSORS)!r} is no MiniLM-L6: {error}") from error


class _Network:
    """Text to token vectors. Safe to call from many threads: nothing changes after it is made."""

    def __init__(self, model: bytes, tokenizer: Path, max_pieces: int) -> None:
        try:
            self._tokenizer: Tokenizer = Tokenizer.from_file(str(tokenizer))
        except Exception as error:  # the tokenizers raise nothing narrower
            raise MissingWeightsError(f"{str(tokenizer)!r} is no tokenizer: {error}") from error
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_pieces)
        self._characters = _CHARACTERS_A_PIECE * max_pieces
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = _ERRORS_ONLY
        # The arena would keep the most memory any text ever needed; without it encoding is 3 % slower.
        options.enable_cpu_mem_arena = False
        self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def __call__(self, pieces: Ids) -> Array:
        """Return (T, 384) from (T,), the first row that of [CLS], the last that of [SEP]."""
        tokens: Array = self._session.run(["tokens"], {"pieces": pieces[None]})[0][0]
        return tokens

    def pieces(self, text: str) -> Ids:
        """Return (T,), the first that of [CLS], the last that of [SEP]."""
        # A lone surrogate, which a broken file name or JSON can bring, is no Unicode and becomes a question
        # mark.
        readable = text[: self._characters].encode("utf-8", "replace").decode("utf-8")
        return np.array(self._tokenizer.encode(readable).ids, dtype=np.int64)


def _pooled(tokens: Array) -> Array:
    mean: Array = tokens.mean(axis=0)
    return mean / np.linalg.norm(mean)


def _separate(tokens: Array) -> Array:
    inner = tokens[1:-1]
    unit: Array = inner / np.linalg.norm(inner, axis=1, keepdims=True)
    return unit


def _whole(tokens: Array, pieces: Ids) -> tuple[Array, Array, Ids]:
    return _pooled(tokens), _separate(tokens), pieces[1:-1]


def _check_texts(texts: Sequence[str]) -> None:
    if isinstance(texts, str):
        raise TypeError("texts must be a sequence of strings, got one string; put it into a list")
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"texts must be strings, got {type(text).__name__} at {place}")
