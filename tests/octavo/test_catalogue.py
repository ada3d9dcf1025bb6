import pytest

from octavo.catalogue import Cited, Evidence, methods, read_method, shown

DOC = """Folding: a vector is folded in two.

On the Folding
of Vectors (Sheet and Quire, 2031), arXiv:3101.00001. A vector x becomes

    y = x_1 + x_2,

as long as it is even.

Leaves and their Edges (Octavo, 2029), doi:10.5555/leaf.

    z = 2 y

Differs from the paper: it is folded
once only.

More is said here.
"""


def test_a_docstring_is_read():
    method = read_method("octavo.shrink.folding", DOC)
    assert (method.name, method.room, method.title) == ("folding", "shrink", "Folding")
    assert method.summary == "a vector is folded in two."
    assert method.papers == (
        Cited("On the Folding of Vectors", "Sheet and Quire", 2031, "arxiv:3101.00001"),
        Cited("Leaves and their Edges", "Octavo", 2029, "doi:10.5555/leaf"),
    )
    assert method.equation == "y = x_1 + x_2,\n\nz = 2 y"
    assert method.differs == "it is folded once only."


@pytest.mark.parametrize(
    ("gone", "missing"),
    [("Folding: ", "name"), (", 2031", "paper"), ("    y", "equation"), ("    z", "equation")],
)
def test_what_a_docstring_lacks_is_said(gone, missing):
    doc = DOC.replace(gone, gone.strip() if "    " in gone else "")
    if missing == "equation":
        doc = DOC.replace("    y", "y").replace("    z", "z")
    if missing == "paper":
        doc = doc.replace(", 2029", "")
    with pytest.raises(ValueError, match=f"octavo.x.y tells of no {missing}"):
        read_method("octavo.x.y", doc)


def test_the_methods_of_octavo_are_found_without_importing_them():
    found = {method.name: method for method in methods()}
    assert {"maxsim", "muvera", "limit", "fusion"} <= set(found)
    assert found["muvera"].papers[0].identifier == "arxiv:2405.19504"
    assert found["muvera"].module == "octavo.find.muvera"
    assert all(method.differs.endswith(".") for method in found.values())


def test_no_two_methods_share_a_name():
    names = [method.name for method in methods()]
    assert len(names) == len(set(names))


def evidence(**checks):
    return Evidence(
        "Folding halves.", checks, ("what", "bytes"), (("x", 4.0), ("y", [1.0, 3.0])), "On paper."
    )


def test_the_verdict_follows_from_the_checks():
    assert evidence(a=True, b=True).verdict == "holds"
    assert evidence(a=True, b=False).verdict == "holds in part"
    assert evidence(a=False, b=False).verdict == "not seen here"


def test_evidence_is_written_and_read(tmp_path):
    path = tmp_path / "new" / "folding.json"
    evidence(a=True).write(path)
    assert Evidence.read(path) == evidence(a=True)
    path.write_text('{"claim": "nothing else"}')
    with pytest.raises(ValueError, match="no evidence"):
        Evidence.read(path)


def test_the_table_shows_seeds_as_mean_and_spread():
    assert evidence(a=True).table().splitlines()[2:] == ["| x | 4 |", "| y | 2 ± 1.414 |"]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("", ""),
        (0.12345, "0.123"),
        (12.345, "12.3"),
        (1234.5, "1,234"),
        (20480, "20,480"),
        ([0.5], "0.500"),
        (0.0, "0"),
    ],
)
def test_a_number_shows_the_digits_that_count(cell, text):
    assert shown(cell) == text
