"""What learned is kept in a folder: the same answers bit for bit in another process, and no other folder is taken for it."""

from __future__ import annotations

import importlib
import json
import pkgutil
import subprocess
import sys

import numpy as np
import pytest

import octavo
from octavo.bridge.bt2 import Bt2Bridge
from octavo.bridge.linear import Canonical, Procrustes, Ridge
from octavo.bridge.oca import OcaBridge
from octavo.bridge.relative import RelativeBridge
from octavo.bridge.simplex import StationaryHead
from octavo.bridge.subspace import SubspaceBridge
from octavo.exceptions import NotFittedError, SavedFileError
from octavo.explain.descriptor_reasons import DescriptorReasons
from octavo.explain.matching_pursuit import MatchingPursuit
from octavo.explain.respects import Respects
from octavo.explain.supervised_dictionary import SupervisedDictionary
from octavo.explain.surrogate_rules import SurrogateRules
from octavo.explain.top_k import TopKAutoencoder
from octavo.rank.read_together import ReadTogether
from octavo.rank.sparse import from_dense
from octavo.saving import Kept, Saved, load, save
from octavo.tag.aspects import Aspects
from octavo.tag.crosstune import CrossTune
from octavo.tag.descriptions import Descriptions
from octavo.tag.funnelling import Funnelling
from octavo.tag.nearest_mean import NearestMean
from octavo.tag.transductive import Transductive

RNG = np.random.default_rng(0)
OLD, X, BEYOND = (
    RNG.standard_normal((rows, dim)).astype(np.float32) for rows, dim in ((60, 6), (60, 8), (9, 8))
)
Y = np.arange(60) % 3
SOME = np.where(np.arange(60) % 4, Y, -1)
TOLD = (X[:, :2] > 0).astype(np.float32)
BAGS = X.reshape(15, 4, 8)

# Of each: what was asked for, what it learns from, and a question of x, vectors that it never saw.
CASES = {
    Procrustes: ({}, (OLD, X), "made.to_old(x)"),
    Ridge: ({"penalty": 0.3}, (OLD, X), "made.to_old(x)"),
    Canonical: ({"dims": 4}, (OLD, X), "made.to_old(x)"),
    SubspaceBridge: ({"dims": 4, "alignment": "affine"}, (OLD, X), "made.to_old(x)"),
    RelativeBridge: ({"cut": 0.1}, (OLD, X), "made.to_old(x)"),
    OcaBridge: ({"extra": 3, "steps": 4, "seed": 1}, (OLD, X), "made.transform(x)"),
    Bt2Bridge: ({"extra": 3, "steps": 4, "seed": 1}, (OLD, X), "made.transform(x)"),
    StationaryHead: ({"classes": 4, "steps": 4, "seed": 1}, (X, Y), "made.transform(x)"),
    MatchingPursuit: ({"latents": 12, "k": 2, "epochs": 2, "seed": 1}, (X,), "made.transform(x)"),
    TopKAutoencoder: ({"latents": 12, "k": 2, "epochs": 2, "seed": 1}, (X,), "made.transform(x)"),
    ReadTogether: (
        {"dim": 5, "noise": 0.0},
        (from_dense(TOLD.T @ TOLD * 0 + 1), X[:2]),
        "made.scores(made.placed(x)[:2], x)",
    ),
    Respects: (
        {"dim": 5, "steps": 4, "seed": 1},
        (X, Y),
        "np.vstack([made.transform(x), made.alike(x, x[::-1], 0, 1)])",
    ),
    DescriptorReasons: ({}, (X, Y, OLD @ X[:6]), "np.hstack([made.reasons(x).parts, made.scores(x)])"),
    SupervisedDictionary: ({}, (X, np.stack([Y, Y % 2], axis=1)), "made.edit(x, 0, [0] * 9, [2] * 9)"),
    SurrogateRules: (
        {"features": 5, "depth": 3, "seed": 1},
        (X, lambda x: (x[:, 0] > 0) + (x[:, 1] > 0.3) * 1),
        "np.append(made.predict(x), [made.fidelity_, made.reason(x[0]).support, len(made.rules())])",
    ),
    Aspects: (
        {"hidden": 5, "steps": 4, "seed": 1},
        (X, SOME, TOLD),
        "np.hstack([made.scores(x), made.answer(x)])",
    ),
    CrossTune: (
        {"heads": 2, "steps": 4, "seed": 1},
        (BAGS, Y[:15], X[:3]),
        "made.scores(x.reshape(3, 3, 8))",
    ),
    Descriptions: ({}, (X, SOME), "np.hstack([made.scores(x), made.reasons(x)])"),
    Funnelling: (
        {"sharpness": 3.0, "seed": 1},
        ({"ελ": X, "en": OLD}, {"ελ": Y, "en": Y[::-1]}),
        "np.hstack([made.scores('ελ', x), made.alone('ελ', x), made.scores('en', x[:, :6])])",
    ),
    NearestMean: ({}, (X, SOME), "made.update(x, np.arange(9) // 2).scores(x)"),
    Transductive: (
        {"pull": 0.5, "neighbours": 3},
        (X, SOME),
        "np.vstack([made.scores(x), made.assignments_])",
    ),
}
KINDS = pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.__name__)
READ = """
import importlib, json, sys
from pathlib import Path
import numpy as np
folder, cases = Path(sys.argv[1]), json.loads(sys.argv[2])
for name, (module, ask) in cases.items():
    made = getattr(importlib.import_module(module), name).load(folder / name)
    x = np.load(folder / "asked.npy")
    np.save(folder / f"{name}.npy", eval(ask))
"""


def learned(kind):
    asked, given, _ = CASES[kind]
    return kind(**asked).fit(*given)


def answers(made):
    return eval(CASES[type(made)][2], {"made": made, "x": BEYOND, "np": np})


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """Folders of all that learned, and what another process answers that read them."""
    folder = tmp_path_factory.mktemp("kept")
    np.save(folder / "asked.npy", BEYOND)
    for kind in CASES:
        learned(kind).save(folder / kind.__name__)
    cases = {kind.__name__: (kind.__module__, ask) for kind, (_, _, ask) in CASES.items()}
    subprocess.run([sys.executable, "-c", READ, folder, json.dumps(cases)], check=True, timeout=120)
    return folder


def leaves(kind):
    """The classes of octavo below one that no other class of it stands below; tests have some of their own."""
    below = [each for each in kind.__subclasses__() if each.__module__.startswith("octavo.")]
    return {leaf for each in below for leaf in leaves(each)} or {kind}


def test_whatever_can_be_kept_is_tried_here():
    for room in ("bridge", "explain", "tag"):
        path = [f"{octavo.__path__[0]}/{room}"]
        for module in pkgutil.iter_modules(path, f"octavo.{room}."):
            importlib.import_module(module.name)
    ours = leaves(Kept)
    assert ours == CASES.keys()
    assert len({(kind._kind, kind.__name__) for kind in ours}) == len(ours)


@KINDS
def test_another_process_gives_the_same_answers_bit_for_bit(kind, elsewhere):
    np.testing.assert_array_equal(np.load(elsewhere / f"{kind.__name__}.npy"), answers(learned(kind)))


@KINDS
def test_read_again_it_is_what_was_asked_for_and_learns_as_before(kind, elsewhere):
    again = kind.load(elsewhere / kind.__name__)
    asked, given, _ = CASES[kind]
    assert {name: getattr(again, name) for name in asked} == asked
    if hasattr(again, "report"):
        assert again.report() == learned(kind).report()
    np.testing.assert_array_equal(answers(again.fit(*given)), answers(learned(kind)))


@KINDS
def test_another_version_another_kind_and_what_was_tampered_with_are_refused(kind, tmp_path):
    learned(kind).save(tmp_path)
    for other in CASES.keys() - {kind}:
        with pytest.raises(SavedFileError, match="make it again"):
            other.load(tmp_path)
    for array in tmp_path.glob("*.npy"):
        kept = array.read_bytes()
        array.write_bytes(kept[:-1] + bytes([kept[-1] ^ 1]))
        with pytest.raises(SavedFileError, match="altered"):
            kind.load(tmp_path)
        array.write_bytes(kept)
    listed = tmp_path / "saved.json"
    whole = listed.read_text()
    listed.write_text(json.dumps(json.loads(whole) | {"version": 99}))
    with pytest.raises(SavedFileError, match="altered"):
        kind.load(tmp_path)
    listed.write_text(whole)
    saved = load(tmp_path, kind._kind, kind._version)
    save(tmp_path, kind._kind, 99, saved)
    with pytest.raises(SavedFileError, match="99"):
        kind.load(tmp_path)


@KINDS
def test_a_sound_folder_that_does_not_hold_all_of_it_is_refused(kind, tmp_path):
    learned(kind).save(tmp_path)
    saved = load(tmp_path, kind._kind, kind._version)
    for name in saved.arrays:
        fewer = {each: array for each, array in saved.arrays.items() if each != name}
        save(tmp_path, kind._kind, kind._version, Saved(saved.facts, fewer))
        with pytest.raises(SavedFileError, match=rf"holds no {kind.__name__} \('{name}'\)"):
            kind.load(tmp_path)
    save(tmp_path, kind._kind, kind._version, Saved({**saved.facts, "asked": {"wheels": 4}}, saved.arrays))
    with pytest.raises(SavedFileError, match=f"holds no {kind.__name__}"):
        kind.load(tmp_path)


@KINDS
def test_what_learned_nothing_is_not_saved(kind, tmp_path):
    with pytest.raises(NotFittedError):
        kind(**CASES[kind][0]).save(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_layer_of_another_size_is_refused(tmp_path):
    learned(OcaBridge).save(tmp_path)
    saved = load(tmp_path, OcaBridge._kind, 1)
    save(tmp_path, OcaBridge._kind, 1, Saved(saved.facts, {**saved.arrays, "widths": np.array([6, 9])}))
    with pytest.raises(SavedFileError, match=r"values must have the shape \(\d+,\), got"):
        OcaBridge.load(tmp_path)
