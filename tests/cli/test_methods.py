from broadsheet.methods import Methods


def test_methods_are_listed_a_line_each_into_a_pipe(run):
    lines = [line.split("\t") for line in run("methods").stdout.splitlines()]
    assert [line[0] for line in lines] == [each.name for each in Methods.shipped()]
    muvera = next(line for line in lines if line[0] == "muvera")
    assert muvera[1] == "find"
    assert muvera[2] in ("holds", "holds in part", "not seen here")
    assert muvera[4] == "arxiv:2405.19504"


def test_methods_stand_under_their_question_at_a_terminal(run, at_terminal):
    text = run("methods").stdout
    assert text.index("Finding") < text.index("muvera") < text.index("Is this embedding healthy?")


def test_one_method_is_told_in_full(run):
    text = run("methods", "muvera").stdout
    kept = Methods.shipped().named("muvera")
    assert kept.method.equation in text
    assert f"Verdict: {kept.verdict}" in text
    assert all(check in text for check in kept.evidence.checks)


def test_programs_get_json_and_no_house_is_opened(run, data):
    assert run("methods", "muvera", "--json").data["papers"][0]["identifier"] == "arxiv:2405.19504"
    assert len(run("methods", "--json").data) == len(Methods.shipped())
    assert not data.exists()


def test_a_method_that_is_not_there_is_exit_code_3(run):
    assert "no such method: 'alchemy'" in run("methods", "alchemy", code=3).stderr
