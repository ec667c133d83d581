"""Make sure of a Chromium for the browser tests, and say which one.

A browser that the machine already has is taken first: it costs nothing, and a large download may
be impossible. ``python -m tests.chromium`` prints the choice; ``make test`` starts with it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

#: Set this to the path of a browser to have the tests use that one.
VARIABLE = "N2UQ_VIZ_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: Chromium speaks to its maker's servers by itself; a test should speak to the page only.
ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def find() -> str | None:
    """Path of a Chromium on this machine: the one that ``VARIABLE`` names, or the first on PATH."""
    named = os.environ.get(VARIABLE)
    if named:
        found = shutil.which(named)
        if found is None:
            raise SystemExit(f"{VARIABLE} must name a program that can be started, got {named!r}")
        return found
    return next(filter(None, map(shutil.which, NAMES)), None)


def playwrights_own() -> str | None:
    """Path of the Chromium that Playwright downloaded, if it is there."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return str(path) if path.is_file() else None


def _as_root() -> list[str] | None:
    """What makes a command run as root without asking: nothing, sudo, or no way (None)."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is None:
        return None
    asked = subprocess.run([sudo, "-n", "true"], capture_output=True, check=False)
    return [sudo, "-n"] if asked.returncode == 0 else None


def _is_debian() -> bool:
    """Whether ``apt-get install chromium`` gives a browser (elsewhere it is missing, or a stub)."""
    release = Path("/etc/os-release")
    return release.is_file() and "ID=debian" in release.read_text(encoding="utf-8").splitlines()


def _install_from_debian(root: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = [*root, "apt-get", "-qq"]
    install = [*apt, "install", "--yes", "--no-install-recommends", "chromium", "fonts-dejavu-core"]
    for command in ([*apt, "update"], install):
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)


def _install_with_playwright(root: list[str] | None) -> None:
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if root is not None and sys.platform == "linux":
        command.insert(-1, "--with-deps")
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False)


def ensure() -> str:
    """Path of a Chromium, installed if the machine has none.

    Raises
    ------
    SystemExit
        None could be installed; the message says what would do.
    """
    found = find() or playwrights_own()
    root = _as_root()
    if found is None and root is not None and _is_debian():
        print("No Chromium here: installing Debian's package", flush=True)
        _install_from_debian(root)
        found = find()
    if found is None:
        print("No Chromium here: installing Playwright's", flush=True)
        _install_with_playwright(root)
        found = playwrights_own()
    if found is None:
        raise SystemExit(
            "the browser tests need Chromium, and it could not be installed: "
            f"install one, or name one: {VARIABLE}=/path/to/chrome make test"
        )
    return found


if __name__ == "__main__":
    print(f"Chromium for the browser tests: {ensure()}")
