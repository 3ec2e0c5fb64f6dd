"""What a download failed with -> one sentence for people, the same for all that failed in one way (pure)."""

from OpenSSL import SSL
from scrapy.exceptions import CannotResolveHostError, DownloadConnectionRefusedError, DownloadTimeoutError
from service_identity import CertificateError, VerificationError
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.web._newclient import ParseError

from crawlers.rawhead import HeadTooLong

_LONGEST = 300  # characters
_SENTENCES: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((DownloadTimeoutError,), "there was no whole answer within crawl.timeout"),
    ((CannotResolveHostError,), "the host name has no address"),
    ((DownloadConnectionRefusedError,), "the connection was refused"),
    ((VerificationError, CertificateError), "the server's certificate is for another host"),
    ((SSL.Error,), "no TLS connection, or the server's certificate is not valid"),
    ((ConnectionDone, ConnectionLost), "the connection was closed before an answer"),
    ((ParseError,), "what came is no HTTP answer"),
)


def reason_of(error: BaseException) -> str:
    """Why there was no answer: the sentence, then what the library said, where that says more."""
    inner = _inner(error)
    if isinstance(inner, HeadTooLong):
        return str(inner)
    sentence = next((text for kinds, text in _SENTENCES if isinstance(inner, kinds)), None)
    said = str(inner)[:_LONGEST]
    if sentence is None:
        return f"{type(inner).__name__}: {said}"
    return f"{sentence} ({said})" if isinstance(inner, SSL.Error | ParseError) else sentence


def _inner(error: BaseException) -> BaseException:
    """Scrapy wraps Twisted's wrapper of what happened; of several things the last is what ended the answer."""
    causes = getattr(error.__cause__, "reasons", None) or getattr(error, "reasons", None)
    found = getattr(causes[-1], "value", None) if causes else None
    return found if isinstance(found, BaseException) else error
