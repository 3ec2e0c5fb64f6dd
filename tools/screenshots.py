"""A running site -> the pictures of the README: `python tools/screenshots.py docs [--site http://127.0.0.1:8001/]`.

Without --site, the demo is filled in a folder that is thrown away, and served for as long as it takes.

Needs playwright and a Chromium; CHROMIUM names another one than /usr/bin/chromium. The pages are those that show
most: a search for Kursk, the largest family, and the copy in it that has most passages.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from playwright.sync_api import sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--no-first-run", "--disable-quic"]
WIDE = {"width": 1180, "height": 760}
NARROW = {"width": 390, "height": 760}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--site", help="address of a running site (default: the demo's)")
    parser.add_argument("--only", nargs="*", default=("search", "family"), help="names of the pictures to take")
    parser.add_argument("--query", default="Kursk", help="what to search for")
    parser.add_argument("--dark", action="store_true", help="dark pictures, named NAME-dark.png")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with nullcontext(options.site) if options.site else demo() as site:
        take(site.rstrip("/"), options)


@contextmanager
def demo() -> Iterator[str]:
    """The demo's site, on a free port."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-u", "-m", "pipeline", "demo", "--data", folder, "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                yield next(line.strip() for line in process.stdout if line.startswith("http://"))
            finally:
                process.terminate()


def take(site: str, options: argparse.Namespace) -> None:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=ARGUMENTS)
        for name, (path, window) in pictures(site, options.query).items():
            if options.only and name not in options.only:
                continue
            page = browser.new_page(viewport=window, color_scheme="dark" if options.dark else "light",
                                    device_scale_factor=2)
            page.goto(site + path)
            target = options.folder / f"{name}{'-dark' if options.dark else ''}.png"
            page.screenshot(path=target)
            print(target)
        browser.close()


def pictures(site: str, query: str) -> dict[str, tuple[str, dict[str, int]]]:
    """The path and the window of each picture."""
    found = {
        "start": ("/", WIDE),
        "search": ("/search?" + urlencode({"q": query}), WIDE),
        "search-narrow": ("/search?" + urlencode({"q": query}), NARROW),
    }
    families = read(site, "/index.json")["families"]
    if families:
        family = read(site, f"/family/{families[0]['public_id']}.json")
        found["family"] = (f"/family/{family['public_id']}", WIDE)
        decided = [link for link in family["links"] if link["direction"] == "decided"]
        if decided:
            link = max(decided, key=lambda link: link["words"] or 0)
            left, right = link["copy"]["public_id"], link["exemplar"]["public_id"]
            found["article"] = (f"/article/{left}", WIDE)
            found["compare"] = (f"/compare?{urlencode({'left': left, 'right': right})}", WIDE)
    return found


def read(site: str, path: str) -> Any:
    with urlopen(site + path) as response:
        return json.load(response)


if __name__ == "__main__":
    main()
