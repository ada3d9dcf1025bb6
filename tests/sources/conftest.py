from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def world():
    """The module of the stand-in server and of what it can answer."""
    spec = importlib.util.spec_from_file_location("standin", Path(__file__).with_name("standin.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules["standin"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def server(world):
    """A stand-in server without any script yet."""
    standin = world.StandIn()
    yield standin
    standin.close()


@pytest.fixture
def clock(world):
    """A clock that moves only when somebody sleeps."""
    return world.Clock()


@pytest.fixture
def make_client(server, clock):
    """A client of the stand-in server whose sleeping takes no time."""
    from broadsheet.sources.fetch.client import Client

    def make(**given):
        given.setdefault("allow_hosts", [server.host])
        return Client(**{"clock": clock, "chance": lambda: 0.0, "total_timeout": 20.0, **given})

    return make


@pytest.fixture
def client(make_client):
    return make_client()
