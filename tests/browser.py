"""Where the browser of the browser tests is: printed, or exit code 1 where there is none."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def find() -> str | None:
    """BROADSHEET_BROWSER, else one on the path or in a Mac's usual places, else Playwright's own."""
    if named := os.environ.get("BROADSHEET_BROWSER"):
        return named
    for name in NAMES:
        if path := shutil.which(name):
            return path
    for place in MAC:
        if Path(place).exists():
            return place
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


if __name__ == "__main__":
    found = find()
    print(found or "no browser")
    sys.exit(0 if found else 1)
