"""The address that is asked after each run, as services such as healthchecks.io understand it."""

import ssl
import urllib.error
import urllib.request
from http.client import HTTPException
from urllib.parse import urlsplit

from archive.topic import Topic
from crawlers.settings import user_agent

TIMEOUT = 10.0  # seconds


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
