"""The curators' desk as JSON: the whole of a curator's day, and what it refuses."""

import pytest

KEY, OTHER = "2507.00005", "2507.00006"


@pytest.fixture
def house(house_of_three):
    return house_of_three


def test_reports_are_made_read_and_answered(as_):
    ada, bo, cy = as_("ada"), as_("bo"), as_("cy")
    number = ada.post("/api/comments", json={"paper": KEY, "text": "A rude word"}).json()["number"]
    thing = f"comment:{number}"
    for who, reason in ((ada, "I am sorry"), (bo, "rude")):
        sent = who.post("/api/reports", json={"paper": KEY, "thing": thing, "reason": reason})
        assert (sent.status_code, sent.json()) == (201, {"news": True})
    assert bo.post("/api/reports", json={"paper": KEY, "thing": thing, "reason": "rude"}).json() == {
        "news": False
    }
    assert (
        bo.post("/api/reports", json={"paper": KEY, "thing": "comment:99999", "reason": "x"}).status_code
        == 404
    )
    assert bo.post("/api/reports", json={"paper": OTHER, "reason": "a duplicate"}).status_code == 201
    assert ada.get("/api/curate").status_code == 403
    first, second = cy.get("/api/curate").json()["reports"]
    assert (first["paper"], first["thing"]) == (KEY, thing)
    assert [(each["by"], each["reason"]) for each in first["reasons"]] == [
        ("ada", "I am sorry"),
        ("bo", "rude"),
    ]
    assert (second["paper"], second["thing"]) == (OTHER, "paper")
    answered = cy.delete("/api/curate/reports", params={"paper": OTHER})
    assert answered.json() == {"answered": 1}
    assert cy.put(f"/api/curate/comments/{number}", json={"reason": "rude"}).status_code == 204
    desk = cy.get("/api/curate").json()
    assert desk["reports"] == [], "hiding answers them"
    assert desk["hidden"] == [
        {"number": number, "paper": KEY, "by": "ada", "text": "A rude word", "reason": "rude"}
    ]
    (shown,) = bo.get("/api/comments", params={"paper": KEY}).json()
    assert (shown["text"], shown["hidden"]) == ("", True)
    cy.put(f"/api/curate/comments/{number}", json={"hidden": False})
    (shown,) = bo.get("/api/comments", params={"paper": KEY}).json()
    assert (shown["text"], shown["hidden"]) == ("A rude word", False)
    desk = cy.get("/api/curate").json()
    assert desk["hidden"] == []
    assert [(done["kind"], done["stands"], done["by"]) for done in desk["lately"]] == [
        ("hidden", False, "cy"),
        ("hidden", True, "cy"),
    ]
    assert cy.put("/api/curate/comments/99999", json={}).status_code == 404


def test_discussions_are_closed_and_opened(as_):
    ada, cy = as_("ada"), as_("cy")
    said = {"paper": KEY, "text": "But"}
    assert (
        cy.put("/api/curate/discussions", params={"paper": KEY}, json={"reason": "enough"}).status_code == 204
    )
    assert ada.post("/api/comments", json=said).status_code == 403
    (closed,) = cy.get("/api/curate").json()["closed"]
    assert (closed["paper"], closed["by"], closed["reason"]) == (KEY, "cy", "enough")
    cy.put("/api/curate/discussions", params={"paper": KEY}, json={"closed": False})
    assert ada.post("/api/comments", json=said).status_code == 201
    assert cy.get("/api/curate").json()["closed"] == []


def test_claims_are_made_judged_and_withdrawn(as_, house):
    ada, bo, cy = as_("ada"), as_("bo"), as_("cy")
    author = house.paper(KEY).authors[0].name
    asked = {"params": {"paper": KEY}, "json": {"author": author}}
    assert ada.put("/api/claims", **asked).json() == {
        "paper": KEY,
        "author": author,
        "reader": "ada",
        "how": "",
    }
    bo.put("/api/claims", **asked)
    assert ada.put("/api/claims", params={"paper": KEY}, json={"author": "Nobody"}).status_code == 400
    assert [claim["reader"] for claim in cy.get("/api/curate").json()["claims"]] == ["ada", "bo"]
    for name, holds in (("ada", True), ("bo", False)):
        told = cy.put("/api/curate/claims", json={"paper": KEY, "reader": name, "holds": holds})
        assert told.json()["how"] == ("curator" if holds else "")
    assert cy.get("/api/curate").json()["claims"] == []
    (claim,) = bo.get("/api/claims", params={"paper": KEY}).json()
    assert (claim["reader"], claim["how"]) == ("ada", "curator")
    assert (
        cy.put("/api/curate/claims", json={"paper": OTHER, "reader": "ada", "holds": True}).status_code == 404
    )
    assert (
        ada.put("/api/curate/claims", json={"paper": KEY, "reader": "bo", "holds": True}).status_code == 403
    )
    assert ada.delete("/api/claims", params={"paper": KEY}).status_code == 204
    assert bo.get("/api/claims", params={"paper": KEY}).json() == []


def test_members_and_their_trust(as_):
    ada, cy = as_("ada"), as_("cy")
    members = {each["name"]: each for each in cy.get("/api/curate/readers").json()}
    assert {"ada", "bo", "cy"} <= set(members)
    assert (members["cy"]["role"], members["ada"]["trust"]) == ("curator", None)
    assert "email" not in members["ada"]
    assert cy.put("/api/curate/readers/ada", json={"trust": 0.5}).status_code == 204
    members = {each["name"]: each for each in cy.get("/api/curate/readers").json()}
    assert members["ada"]["trust"] == 0.5
    assert cy.put("/api/curate/readers/ada", json={"trust": 2}).status_code == 422
    assert cy.put("/api/curate/readers/cy", json={"trust": 1}).status_code == 403, "not for oneself"
    assert cy.put("/api/curate/readers/nobody", json={"trust": 1}).status_code == 404
    assert ada.put("/api/curate/readers/bo", json={"trust": 1}).status_code == 403
    cy.put("/api/curate/readers/ada", json={"trust": None})
    assert {each["name"]: each["trust"] for each in cy.get("/api/curate/readers").json()}["ada"] is None
