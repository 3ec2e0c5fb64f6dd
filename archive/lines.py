"""Text on one line, as it fits into a record's header or a row: hostile text must not become another header."""

from urllib.parse import quote


def one_line(text: str) -> str:
    """The text with single spaces for all white space; lone surrogates, which no file can hold, as "?". Idempotent."""
    return " ".join(text.encode("utf-8", "replace").decode().split())


def printable(text: str) -> str:
    """The text with escapes for what a terminal would obey, as hostile files may hold; line breaks stay. Idempotent."""
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def one_word(address: str) -> str:
    """An address with white space, control characters and lone surrogates percent-encoded. Idempotent."""
    address = address.strip()
    if address.isprintable() and " " not in address:
        return address
    return "".join(
        c if c.isprintable() and c != " " else quote(c, safe="", errors="surrogatepass") for c in address
    )
