"""A certificate authority for tests: host name -> TLS context, signed on the fly, nothing trusted outside."""

import ipaddress
import ssl
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

VALID_BEFORE = timedelta(days=1)
VALID_AFTER = timedelta(days=30)

Flaw = Literal["self-signed", "wrong-name", "expired"]  # what may be wrong with a certificate


class Authority:
    """Signs one certificate per host with keys that live only as long as the object.

    P-256, because RSA keys take a second to make; all hosts share one leaf key for the same reason.
    """

    def __init__(self) -> None:
        self._root_key = ec.generate_private_key(ec.SECP256R1())
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())
        self._root = _root_certificate(self._root_key)
        self._contexts: dict[tuple[str, Flaw | None], ssl.SSLContext] = {}
        self._lock = Lock()
        self.pem: bytes = self._root.public_bytes(serialization.Encoding.PEM)

    def context(self, host: str, *, flaw: Flaw | None = None) -> ssl.SSLContext:
        """The server's side of TLS for one host; made once, then the same object."""
        with self._lock:
            if (host, flaw) not in self._contexts:
                self._contexts[host, flaw] = self._make_context(host, flaw)
            return self._contexts[host, flaw]

    def _make_context(self, host: str, flaw: Flaw | None) -> ssl.SSLContext:
        signed_by = self._leaf_key if flaw == "self-signed" else self._root_key
        leaf = _leaf_certificate(
            "another.example" if flaw == "wrong-name" else host, self._leaf_key.public_key(), self._root, signed_by,
            age=VALID_BEFORE + VALID_AFTER if flaw == "expired" else timedelta(0),
        )
        key = self._leaf_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.TemporaryDirectory() as folder:  # load_cert_chain reads files only
            chain = Path(folder, "chain.pem")
            chain.write_bytes(key + leaf.public_bytes(serialization.Encoding.PEM) + self.pem)
            context.load_cert_chain(chain)
        return context


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _alternative_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, age: timedelta = timedelta(0)
) -> x509.CertificateBuilder:
    now = datetime.now(UTC) - age
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - VALID_BEFORE)
        .not_valid_after(now + VALID_AFTER)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _root_certificate(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = _name("Stemma bundled web, test authority")
    return (
        _builder(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _leaf_certificate(
    host: str, key: ec.EllipticCurvePublicKey, root: x509.Certificate, root_key: ec.EllipticCurvePrivateKey, *,
    age: timedelta,
) -> x509.Certificate:
    """A certificate that also passes OpenSSL's strict checks: authority and subject key identifiers, a SAN."""
    subject = _name("Stemma bundled web")  # not the host: a common name may have 64 characters at most
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
    return (
        _builder(subject, root.subject if root_key.public_key() != key else subject, key, age=age)
        .add_extension(x509.SubjectAlternativeName([_alternative_name(host)]), critical=False)
        .add_extension(authority_key, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(root_key, hashes.SHA256())
    )
