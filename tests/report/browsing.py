"""Headless Chromium, as Debian packages it."""

import os
import shutil
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), "")
DRIVER = shutil.which("chromedriver") or ""
MARKS = [
    pytest.mark.skipif(
        not (BROWSER and DRIVER),
        reason="chromium or chromedriver is not installed: apt-get install chromium "
        "chromium-driver",
    ),
    # One browser at a time.
    pytest.mark.xdist_group("browser"),
]


def started(profile: Path) -> Chrome:
    """A browser that logs what it asks for, with a folder of its own; to be quit."""
    options = ChromeOptions()
    options.binary_location = BROWSER
    # In a container, without a sandbox of its own and with little shared memory.
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu"):
        options.add_argument(f"--{argument}")
    options.add_argument(f"--user-data-dir={profile}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return Chrome(options=options, service=ChromeService(DRIVER, log_output=os.devnull))
