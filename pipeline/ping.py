"""The address that is asked after each run, as services such as healthchecks.io understand it."""

import ssl
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import certifi

from archive.topic import Topic
from crawlers.settings import user_agent

TIMEOUT = 10.0  # seconds


def context(topic: Topic) -> ssl.SSLContext:
    """What servers are checked against: the system's authorities and the topic's. To be made before the crawl, which
    puts others into the environment for its own time."""
    system = ssl.get_default_verify_paths().cafile
    made = ssl.create_default_context(cafile=None if system else certifi.where())
    for name in topic.crawl.authorities:
        file = Path(topic.path).parent / name
        if file.is_file() and file.stat().st_size:
            made.load_verify_locations(file)
    return made


def address(url: str, *, is_well: bool) -> str:
    """The address itself for a run that went well, else with /fail at the end of its path."""
    parts = urlsplit(url)
    return url if is_well else parts._replace(path=parts.path.rstrip("/") + "/fail").geturl()


def ping(topic: Topic, trust: ssl.SSLContext, *, is_well: bool) -> str | None:
    """Ask the topic's address; why that failed, in a sentence, or None. Proxies of the environment are honoured."""
    if topic.watch.ping is None:
        return None
    asked = address(topic.watch.ping, is_well=is_well)
    request = urllib.request.Request(asked, headers={"User-Agent": user_agent(topic)})  # noqa: S310  # the topic file's check lets pass http and https
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=trust))
    try:
        with opener.open(request, timeout=TIMEOUT):
            return None
    except (OSError, HTTPException, ValueError) as error:
        return f"the ping to {asked} failed ({error}); the run is as it was"
