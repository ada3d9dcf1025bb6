import pytest

from octavo.encode.built_model import built_model


class Builder:
    def __init__(self, model=b"the model"):
        self.model = model
        self.times = 0

    def __call__(self):
        self.times += 1
        return self.model


def test_it_is_built_once(tmp_path):
    build = Builder()
    assert [built_model(tmp_path / "new", "owl-1", build) for _ in range(3)] == [b"the model"] * 3
    assert build.times == 1
    assert len(list((tmp_path / "new").iterdir())) == 1


def test_another_name_is_another_model(tmp_path):
    built_model(tmp_path, "owl-1", Builder())
    assert built_model(tmp_path, "owl-2", Builder(b"other")) == b"other"
    assert built_model(tmp_path, "owl", Builder(b"third")) == b"third"
    assert built_model(tmp_path, "owl-1", Builder(b"never")) == b"the model"


@pytest.mark.parametrize("damage", [b"", b"the mod", b"the modem"])
def test_a_damaged_file_is_built_anew(tmp_path, damage):
    built_model(tmp_path, "owl", Builder())
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(damage)
    build = Builder()
    assert built_model(tmp_path, "owl", build) == b"the model"
    assert build.times == 1
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"the model"]


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert built_model(tmp_path / "file" / "folder", "owl", Builder()) == b"the model"


def test_a_failed_build_leaves_nothing(tmp_path):
    def fail():
        raise RuntimeError("no weights")

    with pytest.raises(RuntimeError):
        built_model(tmp_path, "owl", fail)
    assert list(tmp_path.iterdir()) == []
