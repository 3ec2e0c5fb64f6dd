"""Time stamps by RFC 3161: a message -> what an authority is asked; its answer -> who says when, or why it is none.

The only import of rfc3161_client. Nothing here asks anybody; what answers are checked against are certificates that
were kept, so that a check needs no network.
"""

import binascii
import hashlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from rfc3161_client import (
    HashAlgorithm,
    TimeStampRequest,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from archive.errors import StampRefused
from archive.lines import one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """That a message was there at a moment, by an authority's word; ends is when the first of its certificates does.

    name is the authority's own; root is the fingerprint (SHA-256) of the certificate that all rests on.
    """

    at: datetime
    ends: datetime
    name: str
    root: str


def request(message: bytes) -> TimeStampRequest:
    """What an authority is asked of a message: its SHA-256, a fresh number, and the authority's certificate."""
    return (TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=True)
            .cert_request(cert_request=True).build())


def stamped(
    answer: bytes, message: bytes, roots: Sequence[bytes], *, asked: TimeStampRequest | None = None
) -> Stamped:
    """What an answer says of a message, checked against root certificates (DER). Raises StampRefused with the reason.

    asked: what it is the answer to; without it whose question it was is not looked at.
    """
    response = _decoded(answer)
    if response.status != 0:
        said = one_line(" ".join(response.status_string))[:200] or f"status {response.status}"
        raise StampRefused(f"the time-stamping authority refused: {said}; look at [stamp] in the topic file")
    try:
        trusted = [x509.load_der_x509_certificate(root) for root in roots]
        chain = _chain(response, trusted)
        at = _utc(response.tst_info.gen_time)
    except (ValueError, x509.ExtensionNotFound) as error:
        raise StampRefused(f"the time stamp cannot be read ({error}); it is damaged") from error
    if not any(chain[-1] == root for root in trusted):
        raise StampRefused(f"the time stamp is by {_common_name(chain[0])}, whose certificate leads to none of the "
                           f"authorities that are given; put its root's PEM file into stamp.authorities, if you trust "
                           f"it")
    ends = min(_ends(certificate) for certificate in chain)
    if at > ends:
        raise StampRefused(f"a certificate of {_common_name(chain[0])} ended on {ends:%Y-%m-%d}, before the time that "
                           f"it states, {at:%Y-%m-%d}: its word proves nothing; choose another authority")
    try:
        verifier = VerifierBuilder(roots=[chain[-1]], nonce=asked.nonce if asked is not None else None).build()
        verifier.verify_message(response, message)
    except (VerificationError, ValueError) as error:
        raise StampRefused(_reason(str(error))) from error
    root = fingerprint(chain[-1].public_bytes(Encoding.DER))
    return Stamped(at=at, ends=ends, name=_common_name(chain[0]), root=root)


def _decoded(answer: bytes) -> TimeStampResponse:
    try:
        return decode_timestamp_response(answer)
    except ValueError as error:
        raise StampRefused(f"this is no answer of a time-stamping authority ({error}); is stamp.url its address?"
                           ) from error


def _reason(said: str) -> str:
    if "between messages" in said:
        return "the time stamp is of something else: it, or what it is of, was changed"
    if "Nonce" in said:
        return "the time stamp answers another question than was asked: an old answer, or somebody between"
    return f"the time stamp does not hold ({said[:300]})"


def _chain(response: TimeStampResponse, trusted: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """The signer's certificate, and each one's issuer as far as the answer, or what is trusted, has it."""
    held = [*trusted, *map(x509.load_der_x509_certificate, response.signed_data.certificates)]
    signer = next(iter(response.signed_data.signer_infos))
    by = (signer.issuer, signer.serial_number)
    first = next((one for one in held if (one.issuer, one.serial_number) == by), None)
    if first is None:
        raise ValueError("it does not bring the certificate of who signed it")
    chain = [first]
    while chain[-1].issuer != chain[-1].subject and len(chain) <= len(held):
        above = next((one for one in held if one.subject == chain[-1].issuer and _issued(one, chain[-1])), None)
        if above is None:
            break
        chain.append(above)
    return chain


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except Exception:  # noqa: BLE001  # by the kind of key, any of several classes says that it did not
        return False
    return True


def _common_name(certificate: x509.Certificate) -> str:
    named = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return one_line(str(named[0].value) if named else certificate.subject.rfc4514_string())[:200]


def _ends(certificate: x509.Certificate) -> datetime:
    return certificate.not_valid_after_utc


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def fingerprint(root: bytes) -> str:
    """A certificate's name: the hexadecimal SHA-256 of its DER."""
    return hashlib.sha256(root).hexdigest()


def certificates(pem: bytes) -> list[bytes]:
    """The certificates (DER) of a PEM file. Raises ValueError where there is none, or one is damaged."""
    end = "-----END CERTIFICATE-----"
    try:
        found = [ssl.PEM_cert_to_DER_cert(f"{part[part.index('-----BEGIN'):]}{end}\n")
                 for part in pem.decode("ascii", "replace").split(end)[:-1]]
        for der in found:
            x509.load_der_x509_certificate(der)
    except (ValueError, binascii.Error) as error:
        raise ValueError(f"no certificate that can be read ({error})") from error
    if not found:
        raise ValueError("no certificate in PEM")
    return found
