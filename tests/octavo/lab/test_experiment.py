import json
import sys

from octavo.catalogue import Evidence
from octavo.lab.experiment import digest, main, noted, report


def measure(data, *, tiny=False):
    return Evidence(
        "Halves fit.", {"it fits": tiny, "it is found": True}, ("what", "n"), (("x", 2.0),), "So."
    )


def test_a_run_is_noted(tmp_path):
    evidence = noted(measure, tmp_path, tiny=True, digest="abc")
    assert evidence.verdict == "holds"
    assert evidence.run["digest"] == "abc"
    assert set(evidence.run) == {"date", "machine", "minutes", "digest"}


def test_the_report_says_all():
    assert report(measure(None)) == (
        "Halves fit.\n\n| what | n |\n| --- | --- |\n| x | 2 |\n\n[ ] it fits\n[x] it is found\n\nSo.\n"
        "\nVerdict: holds in part\n"
    )


def test_an_example_is_a_command(tmp_path, monkeypatch, capsys):
    file = tmp_path / "found.json"
    monkeypatch.setattr(sys, "argv", ["example", str(tmp_path), "--tiny", "--json", str(file)])
    main(measure)
    assert capsys.readouterr().out.endswith("Verdict: holds\n")
    assert json.loads(file.read_text())["verdict"] == "holds"


def test_the_digest_follows_the_code_and_not_its_looks(tmp_path):
    path = tmp_path / "code.py"
    digests = []
    for text in ("x = 1\n", '"""Told."""\n# said\nx = (\n    1\n)\n', "x = 2\n"):
        path.write_text(text)
        digests.append(digest([path]))
    assert digests[0] == digests[1] != digests[2]
