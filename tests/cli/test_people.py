from __future__ import annotations

import json
import re

import broadsheet
from broadsheet.readers import Role


def test_people_are_made_listed_and_changed(run, monkeypatch, data):
    monkeypatch.setenv("BROADSHEET_READERS", "many")
    monkeypatch.setenv("BROADSHEET_BASE_URL", "https://papers.example.org")
    made = run("people", "create", "ada", "--role", "admin", "--email", "ada@example.org", "--json")
    link = json.loads(made.stdout)["data"]["link"]
    assert re.fullmatch(r"https://papers\.example\.org/reset/[\w-]{43}", link)
    run("people", "create", "ADA", code=1)
    assert "/invitation/" in run("people", "invite", "--role", "curator").stdout
    assert "/reset/" in run("people", "link", "ada").stdout
    run("people", "role", "ada", "curator")
    run("people", "rename", "owner", "grace")
    rows = [line.split("\t") for line in run("people", "list").stdout.splitlines()]
    assert [(row[0], row[1], row[3]) for row in rows] == [
        ("grace", "admin", "open"),
        ("ada", "curator", "open"),
    ]
    run("people", "disable", "ada")
    listed = json.loads(run("people", "list", "--json").stdout)["data"]
    assert [each["disabled"] for each in listed] == [False, True]
    run("people", "disable", "grace", code=1)  # somebody has to be admin
    run("people", "role", "nobody", "admin", code=3)
    exported = json.loads(run("people", "export", "ada").stdout)["data"]
    assert exported["account"]["email"] == "ada@example.org"
    run("people", "delete", "ada", "--force")
    with broadsheet.open(data, encoder="none") as house:
        assert [account.reader.name for account in house.store.accounts.every()] == ["grace"]
        assert house.people.owner().role is Role.ADMIN


def test_the_secret_of_a_provider_is_not_printed(run, monkeypatch):
    monkeypatch.setenv("BROADSHEET_OIDC_CLIENT_SECRET", "opensesame")
    assert "opensesame" not in run("config").output


def test_doctor_says_when_everybody_is_the_owner(run, monkeypatch, data):
    monkeypatch.setenv("BROADSHEET_HOST", "0.0.0.0")
    findings = {
        f["detail"]: f for f in json.loads(run("doctor", "--json").stdout)["data"] if f["what"] == "people"
    }
    assert [f["level"] for f in findings.values()] == ["warning"]
    monkeypatch.setenv("BROADSHEET_PRIVATE", "true")
    run("doctor", code=1)
    monkeypatch.setenv("BROADSHEET_READERS", "many")
    said = run("doctor").output
    assert "nobody can sign in yet" in said
    assert "in the clear" in said


def test_a_proxy_must_be_named(run, monkeypatch):
    monkeypatch.setenv("BROADSHEET_PROXY_HEADER", "Remote-User")
    assert "BROADSHEET_PROXY_NETWORKS" in run("config", code=2).output
    monkeypatch.setenv("BROADSHEET_PROXY_NETWORKS", '["everywhere"]')
    assert "not a network" in run("config", code=2).output


def test_the_owner_is_let_in_once_and_not_again(run, monkeypatch, data):
    monkeypatch.setattr("broadsheet.web.serve", lambda *_, **__: None)
    assert "/reset/" not in run("serve").stderr
    monkeypatch.setenv("BROADSHEET_READERS", "many")
    link = re.search(r"http://127\.0\.0\.1:8000/reset/([\w-]+)", run("serve").stderr)
    with broadsheet.open(data, encoder="none", readers="many") as house:
        assert house.people.links.reset(link[1], "nine green bottles").id == 1
    assert "/reset/" not in run("serve").stderr
