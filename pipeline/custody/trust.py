"""What servers are checked against that are asked beside the crawl."""

import ssl
from pathlib import Path

import certifi

from archive.topic import Topic


def context(topic: Topic) -> ssl.SSLContext:
    """The system's authorities and the topic's.

    To be made before the crawl, or after it: it puts others into the environment for its own time.
    """
    system = ssl.get_default_verify_paths().cafile
    made = ssl.create_default_context(cafile=None if system else certifi.where())
    for name in topic.crawl.authorities:
        file = Path(topic.path).parent / name
        if file.is_file() and file.stat().st_size:
            made.load_verify_locations(file)
    return made
