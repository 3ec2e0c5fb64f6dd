"""Run by test_bounds.py: reads each hostile page in a process of its own with a limit of memory; prints what came.

`python hostile.py BYTES`: the bytes of memory that each page may take beyond what the process has when it begins.
"""

import json
import logging
import os
import resource
import sys
import time
import traceback

from pipeline.extract import NoText, extract

STORY = "".join(
    f"<p>The {ordinal} convoy reached the town shortly after noon and was met by a crowd that had waited since "
    "early morning, according to people who stood there.</p>" for ordinal in ("first", "second", "third")
)
MANY_ATTRIBUTES = "<p " + "a " * 3_000 + ">"


def with_data(data: str) -> str:
    """A page with JSON-LD beside its text."""
    return f'<html><head><script type="application/ld+json">{data}</script></head><body><article>{STORY}</article>'


def with_article(**fields: object) -> str:
    """A page whose JSON-LD is that of an article."""
    return with_data(json.dumps({"@type": "NewsArticle"} | fields))


PAGES = {
    "100,000 nested elements": lambda: f"<html><body>{STORY}{'<div>' * 100_000}",
    "100,000 elements around the text": lambda: f"<html><body>{'<span>' * 100_000}{STORY}",
    "30 MB of markup": lambda: f"<html><body>{STORY}{'<p>word word word</p>' * 1_500_000}",
    "19 MB of markup": lambda: f"<html><body>{STORY}{'<p>word word word</p>' * 900_000}",
    "19 MB of an attribute": lambda: f"<html><body>{STORY}<p title='{'x' * 19_000_000}'>y</p>",
    "19 MB of a paragraph": lambda: f"<html><body>{STORY}<p>{'word ' * 3_800_000}</p>",
    "19 MB of a script": lambda: f"<html><body>{STORY}<script>var a = '{'x' * 19_000_000}'</script>",
    "11 MB of a script above the text": lambda: f"<html><body><script>var a = '{'x' * 11_000_000}'</script>{STORY}",
    "18 MB of a script above the text": lambda: (
        f"<html><head><script>{'<p>word</p>' * 1_600_000}</script><body>{STORY}"),
    "18 MB of a style above the text": lambda: (
        f"<html><head><style>{'a{color:red}' * 1_500_000}</style><body>{STORY}"),
    "18 MB of a state above the text": lambda: with_data('{"a":["' + "x" * 18_000_000 + '"]}'),
    "18 MB of a comment above the text": lambda: f"<html><body><!--{'x' * 18_000_000}-->{STORY}",
    "18 MB of a picture above the text": lambda: f"<html><body><img src='data:{'x' * 18_000_000}'>{STORY}",
    "19 MB of names of classes": lambda: f"<html><body><div class='{'author ' * 2_700_000}'>x</div>{STORY}",
    "3 MB of a script, 1,900 elements deep": lambda: (
        f"<html><body><script>{'x' * 3_000_000}</script>{('<div>' * 1_900 + STORY + '</div>' * 1_900) * 7}"),
    "190,000 scripts without an end": lambda: f"<html><body>{STORY}{MANY_ATTRIBUTES}{'<script>' * 190_000}",
    "190,000 comments without an end": lambda: f"<html><body>{STORY}{MANY_ATTRIBUTES}{'<!-- ' * 190_000}",
    "190,000 drawings without an end": lambda: f"<html><body>{STORY}{MANY_ATTRIBUTES}{'<svg>' * 190_000}",
    "a tag of many attributes in a drawing": lambda: f"<html><body>{STORY}<svg>{MANY_ATTRIBUTES}</svg>",
    "a tag of many attributes behind a comment": lambda: f"<html><body>{STORY}<!-->{MANY_ATTRIBUTES}-->",
    "150,000 paragraphs in a script": lambda: (
        f'<html><head><meta property="og:type" content="article"></head><body><p>x<script>"{"<p>x" * 150_000}"</script>'),
    "19 MB of references": lambda: f"<html><body>{STORY}<p>{'&lt;' * 4_700_000}</p>",
    "1.4 million letters": lambda: f"<html><body>{STORY}<p>{'word ' * 280_000}</p>",
    "1.4 million signs": lambda: f"<html><body>{STORY}<p>{'&lt;' * 1_400_000}</p>",
    "19 MB of comments": lambda: f"<html><body>{STORY}{'<!-- x -->' * 190_000}{'<!--' + 'x' * 17_000_000}-->",
    "nested lists": lambda: with_data("[" * 100_000),
    "nested objects": lambda: with_data('{"a":' * 100_000),
    "19 MB of data": lambda: with_data(json.dumps([{"@type": "NewsArticle", "headline": "x"}] * 400_000)),
    "2 MB of nodes": lambda: with_data(json.dumps([{"@type": "NewsArticle", "headline": "x"}] * 40_000)),
    "40,000 authors": lambda: with_article(author=[{"name": "Anna Smith"}] * 40_000),
    "a reference to itself": lambda: with_article(**{"@id": "x", "author": {"@id": "x"}, "publisher": {"@id": "x"}}),
    "an author of 10,000 characters": lambda: with_article(author="Anna Smith " * 900),
    "a body of 1.9 MB": lambda: with_article(articleBody="word " * 380_000),
    "a headline of 1.9 MB": lambda: with_article(headline="word " * 380_000),
}


def read(page: bytes) -> dict[str, object]:
    """What a page gives: paragraphs and authors, a reason, or an error; and the CPU seconds that it took."""
    started = time.process_time()
    try:
        found = extract(page, url="https://courier.example/1", charset="utf-8", payload_digest="")
        answer = {"paragraphs": len(getattr(found, "paragraphs", ())), "authors": list(getattr(found, "authors", ()))}
    except NoText as reason:
        answer = {"reason": str(reason)}
    # Whatever it is, the test shows it.
    except BaseException:
        answer = {"error": traceback.format_exc(limit=-3)}
    return answer | {"seconds": time.process_time() - started}


def main(limit: int) -> None:
    """One line for each page."""
    logging.disable()
    read(f"<html><body><article>{STORY}</article></body></html>".encode())  # loads what is loaded once
    with open("/proc/self/statm", encoding="ascii") as memory:
        held = int(memory.read().split()[0]) * resource.getpagesize()
    for name, made in PAGES.items():
        page = made().encode()
        sys.stdout.flush()
        child = os.fork()
        if not child:
            resource.setrlimit(resource.RLIMIT_AS, (held + len(page) + limit,) * 2)
            print(json.dumps({"name": name} | read(page)), flush=True)
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
