"""A time-stamping authority of its own on loopback: `openssl ts` behind HTTP (RFC 3161, 3.4)."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.now(UTC)
_CONFIG = """
[tsa]
default_tsa = own
[own]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass
class TimeAuthority:
    """Its folder has `root.pem`, and `tsa.pem` with its key; `answers` may be replaced, what was asked is in `asked`."""

    folder: Path
    name: str = "Test authority"
    ends: datetime = field(default_factory=lambda: NOW + timedelta(days=365))
    is_down: bool = False
    asked: list[bytes] = field(default_factory=list)
    url: str = ""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root = self._certificate(f"{self.name} root", root_key, root_key, None, NOW + timedelta(days=3_650))
        self.renewed(root_key, key, root)
        (self.folder / "root.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
        (self.folder / "serial").write_text("01\n")
        (self.folder / "tsa.cnf").write_text(_CONFIG.format(folder=self.folder))

    def renewed(self, root_key: ec.EllipticCurvePrivateKey, key: ec.EllipticCurvePrivateKey, root: x509.Certificate) -> None:
        signer = self._certificate(self.name, key, root_key, root, self.ends)
        (self.folder / "tsa.pem").write_bytes(signer.public_bytes(serialization.Encoding.PEM))
        (self.folder / "tsa.key").write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))

    def _certificate(
        self, name: str, key: ec.EllipticCurvePrivateKey, issuer_key: ec.EllipticCurvePrivateKey,
        issuer: x509.Certificate | None, ends: datetime,
    ) -> x509.Certificate:
        made = (x509.CertificateBuilder().subject_name(_name(name)).issuer_name(issuer.subject if issuer else _name(name))
                .public_key(key.public_key()).serial_number(x509.random_serial_number())
                .not_valid_before(min(NOW, ends) - timedelta(days=30)).not_valid_after(ends)
                .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False))
        if issuer is not None:
            made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        return made.sign(issuer_key, hashes.SHA256())

    def answer(self, query: bytes) -> bytes:
        """What `openssl ts -reply` says to a query."""
        self.asked.append(query)
        (self.folder / "query.tsq").write_bytes(query)
        subprocess.run(["openssl", "ts", "-reply", "-config", self.folder / "tsa.cnf", "-queryfile",
                        self.folder / "query.tsq", "-out", self.folder / "reply.tsr"], check=True, capture_output=True)
        return (self.folder / "reply.tsr").read_bytes()

    @contextmanager
    def serving(self) -> Iterator["TimeAuthority"]:
        """It answers at `url` meanwhile."""
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers["Content-Length"]))
                if authority.is_down or self.headers["Content-Type"] != "application/timestamp-query":
                    self.send_error(503)
                    return
                body = authority.answer(query)
                self.send_response(200)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Silence."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.url = f"http://127.0.0.1:{server.server_port}/"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
