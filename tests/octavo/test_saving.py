import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import octavo.saving
from octavo.exceptions import SavedFileError
from octavo.saving import Saved, load, save


def saved(number):
    return Saved(
        {"number": number}, {"even": np.full((4, 2), number), "odd": np.arange(number, dtype=np.float16)}
    )


def read(folder):
    found = load(folder, "kind", 1)
    np.testing.assert_array_equal(found.arrays["even"], saved(found.facts["number"]).arrays["even"])
    np.testing.assert_array_equal(found.arrays["odd"], saved(found.facts["number"]).arrays["odd"])
    return found.facts["number"]


@pytest.fixture
def folder(tmp_path):
    save(tmp_path, "kind", 1, saved(7))
    return tmp_path


def test_what_is_saved_is_loaded(folder):
    assert read(folder) == 7


def test_saving_again_replaces_and_leaves_nothing_behind(folder):
    (folder / "notes.txt").write_text("somebody else's")
    (folder / ".saving-left-by-a-crash").write_bytes(b"half")
    save(folder, "kind", 1, saved(8))
    assert read(folder) == 8
    assert sorted(path.name.split("-")[0] for path in folder.iterdir()) == [
        "even",
        "notes.txt",
        "odd",
        "saved.json",
    ]


@pytest.mark.parametrize("crash_at", range(1, 10))
def test_a_crash_at_any_step_leaves_the_old_or_the_new(folder, monkeypatch, crash_at):
    steps = 0

    def crash(*args, real, **options):
        nonlocal steps
        steps += 1
        if steps == crash_at:
            raise KeyboardInterrupt
        return real(*args, **options)

    for owner, name in ((os, "fsync"), (Path, "replace"), (octavo.saving, "_digest")):
        real = getattr(owner, name)
        monkeypatch.setattr(
            owner, name, lambda *args, real=real, **options: crash(*args, real=real, **options)
        )
    with pytest.raises(KeyboardInterrupt):
        save(folder, "kind", 1, saved(8))
    monkeypatch.undo()
    assert read(folder) in (7, 8)
    save(folder, "kind", 1, saved(9))
    assert read(folder) == 9
    assert len(list(folder.iterdir())) == 3


def test_killed_while_saving(folder):
    program = (
        "import sys, itertools, numpy as np; from pathlib import Path; from octavo.saving import Saved, save\n"
        "for i in itertools.count(8): save(Path(sys.argv[1]), 'kind', 1,"
        " Saved({'number': i}, {'even': np.full((4, 2), i), 'odd': np.arange(i, dtype=np.float16)}))"
    )
    for wait in (0.0, 0.02, 0.05):
        before = (folder / "saved.json").read_bytes()
        with subprocess.Popen([sys.executable, "-c", program, str(folder)]) as process:
            while (folder / "saved.json").read_bytes() == before:
                assert process.poll() is None
            time.sleep(wait)
            process.kill()
        assert read(folder) >= 8


def damage_truncate(path):
    path.write_bytes(path.read_bytes()[:-1])


def damage_flip(path):
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(bytes(content))


def damage_empty(path):
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [damage_truncate, damage_flip, damage_empty, Path.unlink])
@pytest.mark.parametrize("which", ["even", "odd", "saved"])
def test_damage_is_noticed(folder, which, damage):
    damage(next(folder.glob(f"{which}*")))
    with pytest.raises(SavedFileError, match="make it again"):
        load(folder, "kind", 1)


@pytest.mark.parametrize("change", [{"facts": {"number": 8}}, {"version": 2}, {"sha256": None}])
def test_an_altered_list_is_noticed(folder, change):
    path = folder / "saved.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(SavedFileError, match="was altered"):
        load(folder, "kind", 1)


@pytest.mark.parametrize("text", ["[]", "{}", "null", "{", "\x00"])
def test_a_list_that_is_none_is_noticed(folder, text):
    (folder / "saved.json").write_text(text)
    with pytest.raises(SavedFileError, match="nothing can be read"):
        load(folder, "kind", 1)


def test_another_kind_or_version_is_refused(folder):
    with pytest.raises(SavedFileError, match=r"must hold \('kind', 2\), got \('kind', 1\)"):
        load(folder, "kind", 2)
    with pytest.raises(SavedFileError):
        load(folder, "other", 1)


def test_nothing_is_unpickled(folder):
    with pytest.raises(ValueError, match="Object arrays"):
        save(folder, "kind", 1, Saved({}, {"odd": np.array([object()])}))
    assert read(folder) == 7
