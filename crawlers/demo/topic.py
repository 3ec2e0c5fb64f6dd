"""The demo's topic file: the default topic's words, the bundled web's sources, delays and revisit times near zero."""

import json
from importlib import resources

from crawlers.demo.web import SOURCES, SourceAddress

HEAD = """\
# The topic of `stemma demo`: what the default topic looks for, on the bundled web.

name = "demo"
title = "The Kursk incursion on the bundled web"
contact = "mailto:demo@localhost"
languages = ["en", "uk", "ru", "it", "es"]
from = 2024-08-06
to = 2025-04-30

[crawl]
delay = 0.02
timeout = 15
retries = 1
concurrency = 16
per_host = 4
revisit = ["0s"]             # looked at again by every crawl
authorities = [{authority}]  # the test authority of the bundled web

"""


def topic_text(authority: str) -> str:
    """The topic file's text; `authority` is the PEM file of the bundled web's certificate authority."""
    default = (resources.files("archive") / "topics" / "kursk.toml").read_text(encoding="utf-8")
    words = default[default.index("[keywords."):default.index("[[source]]")]
    sources = "\n".join(_source(number, source) for number, source in enumerate(SOURCES, start=1))
    return HEAD.format(authority=json.dumps(authority)) + words + "\n" + sources


def _source(number: int, source: SourceAddress) -> str:
    address = f"urls = {json.dumps(source.urls)}" if source.kind == "list" else f"url = {json.dumps(source.urls[0])}"
    return "\n".join((
        "[[source]]", f'name = "{source.kind}-{number:02}"',
        f"outlet = {json.dumps(source.outlet, ensure_ascii=False)}",
        f"note = {json.dumps(source.name, ensure_ascii=False)}", f'kind = "{source.kind}"', address,
        f'language = "{source.language}"', f'country = "{source.country}"', "",
    ))
