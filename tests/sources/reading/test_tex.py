from __future__ import annotations

import time

import pytest

from broadsheet.sources.reading.tex import decode, verbatim


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r"{\"U}ber", "Über"),
        (r"Erd{\H o}s and Erd\H{o}s", "Erdős and Erdős"),
        (r"\'{\i} na{\"\i}ve \'\i x", "í naïve íx"),
        (r"\o{}re Stra\ss e \aa{}b {\L}uk {\AE}on", "øre Straße åb Łuk Æon"),
        (r"\c{c}a {\v{S}}ka \v{c} \u{g} \k{a} \.{z} \=a \r{a}", "ça Ška č ğ ą ż ā å"),
        (r"50{\%} \$5 a~b \& \#1 \_", "50% $5 a b & #1 _"),
        ("``q'' a--b c---d", "“q” a–b c—d"),
        (r"\emph{\textbf{deep} water} {\em very}", "deep water very"),
        (r"\href{https://example.org}{a page} \url{https://example.org/a}", "a page https://example.org/a"),
        (r"$\alpha_{x}^{2}$ stays, {$y$} too, \(z\) too", r"$\alpha_{x}^{2}$ stays, $y$ too, \(z\) too"),
        (r"\alpha-helix \ldots{} \textendash{} \copyright", "α-helix … – ©"),
        (r"\cite{someone} \unknown{x} \mathcal{O}", r"\cite{someone} \unknown{x} \mathcal{O}"),
        (r"\TeX\ and \LaTeX", "TeX and LaTeX"),
        (r"{B}{E}{R}{T} {{GPT}}", "BERT GPT"),
        ("$5 alone", "$5 alone"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_source_becomes_text(source, text):
    assert decode(source) == text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r"10.5555/a{\_}b\_c", "10.5555/a_b_c"),
        ("https://example.org/~ada/a--b``c?x=$1$", "https://example.org/~ada/a--b``c?x=$1$"),
        (r" https://example.org/a\%20b\&c ", "https://example.org/a%20b&c"),
    ],
)
def test_addresses_keep_what_prose_would_not(source, text):
    assert verbatim(source) == text


@pytest.mark.parametrize("piece", ["\\", "{", "$", "\\(", "\\'", "\\foo{", "\\href{", "``", "\\v", "$$"])
def test_broken_source_takes_time_by_its_length_and_not_by_its_square(piece):
    def took(times):
        started = time.thread_time()
        decode(piece * times)
        return time.thread_time() - started

    short, long = (min(took(times) for _ in range(3)) for times in (5_000, 40_000))
    assert long < 24 * max(short, 0.001)
