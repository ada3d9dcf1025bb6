import sys

import pytest

from octavo.encode.minilm_weights import PACKAGES, TENSORS, TOKENIZER, digest, find_weights
from octavo.exceptions import MissingWeightsError


@pytest.fixture
def folder(tmp_path):
    (tmp_path / TENSORS).write_bytes(b"tensors")
    (tmp_path / TOKENIZER).write_bytes(b"tokenizer")
    return tmp_path


def test_the_folder_given_comes_first(folder):
    assert find_weights(folder) == folder


def test_an_installed_package_is_found():
    found = find_weights()
    assert (found / TENSORS).is_file()
    assert PACKAGES[0] in found.parts


def test_packages_are_not_run(tmp_path, monkeypatch):
    package = tmp_path / "weights_that_must_not_run"
    (package / "deep").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('ran')")
    for name in (TENSORS, TOKENIZER):
        (package / "deep" / name).write_bytes(b"x")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("octavo.encode.minilm_weights.PACKAGES", ("not_installed_at_all", package.name))
    assert find_weights() == package / "deep"
    assert package.name not in sys.modules


def test_without_weights_the_message_says_what_to_do(monkeypatch):
    monkeypatch.setattr("octavo.encode.minilm_weights.PACKAGES", ("not_installed_at_all",))
    with pytest.raises(MissingWeightsError, match="install 'not-installed-at-all', or name a folder"):
        find_weights()


def test_a_folder_must_hold_both_files(folder):
    (folder / TOKENIZER).unlink()
    with pytest.raises(MissingWeightsError, match=r"^no tokenizer\.json in"):
        find_weights(folder)


def test_the_digest_reads_both_files(folder):
    seen = {digest(folder)}
    (folder / TENSORS).write_bytes(b"tensorz")
    seen.add(digest(folder))
    (folder / TOKENIZER).write_bytes(b"tokenizes")
    seen.add(digest(folder))
    assert len(seen) == 3
