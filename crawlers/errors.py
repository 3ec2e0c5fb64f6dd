"""What can go wrong with what comes in; all of it is data: a row in `failures`, never the end of a crawl."""


class Unreadable(ValueError):
    """Bytes that are not what their source's kind promises."""
