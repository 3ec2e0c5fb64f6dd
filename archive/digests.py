"""Digests of payloads, texts and addresses, each with the rule it follows."""

import base64
import hashlib
import re
import unicodedata

# Quotes, dashes and spaces differ between reprints of one text without any meaning.
_PUNCTUATION = (
    dict.fromkeys("‘’‚‛`´ʼ′", "'") | dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‐‑‒–—―−", "-")
    | {"…": "...", "\u00ad": "", "\u200b": "", "\u200c": "", "\u200d": "", "\ufeff": ""}
)
_MARKS = re.compile(f"[{''.join(_PUNCTUATION)}]")  # four times as fast as str.translate, most characters being none


def payload_digest(payload: bytes) -> str:
    """WARC-Payload-Digest of the entity body as received: "sha1:" and 32 base32 characters.

    SHA-1 because CDX indexes match on it (WARC 1.1, 5.9); identity of text uses text_digest.
    """
    return "sha1:" + base64.b32encode(hashlib.sha1(payload, usedforsecurity=False).digest()).decode("ascii")


def sha256(payload: bytes) -> str:
    """Hexadecimal SHA-256 of the same bytes, which payload_digest is too weak to vouch for."""
    return hashlib.sha256(payload).hexdigest()


def normalised(text: str) -> str:
    """Text as compared: NFKC, case folded, typographic quotes and dashes plain, white space single. Idempotent."""
    once = _normalised_once(text)
    twice = _normalised_once(once)
    return twice if twice == once else normalised(twice)


def _normalised_once(text: str) -> str:
    if text.isascii():  # the short way for what has nothing else to change
        return " ".join(text.casefold().split())
    return " ".join(unicodedata.normalize("NFKC", plain(text).casefold()).split())


def plain(text: str) -> str:
    """Text in NFKC, its typographic quotes and dashes plain; capitals and white space as they are."""
    # Before NFKC too, which takes an acute accent for a space with a mark and a double prime for two single ones.
    return _unmarked(unicodedata.normalize("NFKC", _unmarked(text)))


def _unmarked(text: str) -> str:
    return _MARKS.sub(lambda mark: _PUNCTUATION[mark[0]], text)


def text_digest(text: str) -> str:
    """Identity of a text whatever its typography: hexadecimal SHA-256 of the normalised text, 32 characters."""
    return _digest(normalised(text))


def state_digest(*, title: str | None, byline: str | None, text: str) -> str:
    """Identity of an article's state: headline, byline and body, normalised (design, "version").

    A line each, of which normalised text has no break: a word that moves from one to another is a change.
    """
    return text_and_state_digest(title=title, byline=byline, text=text)[1]


def text_and_state_digest(*, title: str | None, byline: str | None, text: str) -> tuple[str, str]:
    """Both digests of one text, which is normalised once."""
    plain = normalised(text)
    return _digest(plain), _digest("\n".join((normalised(title or ""), normalised(byline or ""), plain)))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def text_hash(text: str) -> int:
    """By which a text is looked up, letter for letter: the first 64 bits of its SHA-256, as a signed number."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def address_key(url: str) -> str:
    """Short stable name of an article: 12 base32 characters of the SHA-256 of its canonical URL, lower case."""
    return base64.b32encode(hashlib.sha256(url.encode("utf-8", "surrogatepass")).digest()).decode("ascii")[:12].lower()


def key_in(public_id: str) -> str:
    """The key of an article, with which its versions' public ids begin; time and digest follow."""
    return public_id.rsplit("-", 2)[0]


def capture_name(url: str, captured_at: str, payload_digest: str) -> str:
    """A capture's name in addresses, whatever database holds it: its address' key, its time (ISO 8601), its payload."""
    digits = "".join(sign for sign in captured_at[:19] if sign.isdigit())
    return f"{address_key(url)}-{digits}-{payload_digest.partition(':')[2][:8].lower()}"
