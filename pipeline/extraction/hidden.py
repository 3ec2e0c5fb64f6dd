"""A page whose text stands in a script -> that text's markup (pure).

Many sites send a page as data that a script of theirs lays out: Next's and Nuxt's state, an app's store. The text is
in it as a string of markup, in JSON, or in JSON within a string of JSON.
"""

import json
import re
from collections.abc import Iterator

MAX_SCRIPTS = 6_000_000  # characters of a page that is looked through
MIN_TEXT = 400  # characters of a string that can be a text
MIN_PARAGRAPHS = 3
MAX_DEPTH = 3  # strings in strings
MAX_STRINGS = 2_000
_OPEN, _CLOSE = re.compile(r"<script\b", re.IGNORECASE), re.compile(r"</script\b", re.IGNORECASE)
_STRING = re.compile(rf'"((?:[^"\\]|\\.){{{MIN_TEXT},}}+)"', re.DOTALL)
_PARAGRAPH = re.compile(r"<p\b[^>]{0,500}>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]{0,500}>")


def markup_in_scripts(html: str) -> str | None:
    """The longest text of several paragraphs that a page's scripts hold as a string; None where they hold none."""
    if len(html) > MAX_SCRIPTS:
        return None
    found = (text for script in _scripts(html) for text in _strings(script))
    return max((text for text in found if len(_PARAGRAPH.findall(text)) >= MIN_PARAGRAPHS), key=_shown, default=None)


def _scripts(html: str) -> Iterator[str]:
    opened = _OPEN.search(html)
    while opened and (closed := _CLOSE.search(html, opened.end())):
        yield html[opened.end():closed.start()]
        opened = _OPEN.search(html, closed.end())


def _strings(code: str, depth: int = 0) -> Iterator[str]:
    """The long strings of a script that hold no others, decoded."""
    for number, match in enumerate(_STRING.finditer(code)):
        if number == MAX_STRINGS:
            return
        try:
            text = json.loads(f'"{match.group(1)}"', strict=False)
        except ValueError:
            continue
        inner = list(_strings(text, depth + 1)) if depth < MAX_DEPTH and '"' in text else []
        yield from inner or [text]


def _shown(text: str) -> int:
    return len(_TAG.sub("", text))
