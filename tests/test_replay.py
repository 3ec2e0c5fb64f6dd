"""A package in other people's hands: valid to py-wacz, replayed by pywb byte for byte (`make replay`)."""

import gzip
import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from stemma_testing import ROOT, FilledDemo

from archive import warc
from archive.model import RecordRef

TOOLS = ROOT / ".venv-replay" / "bin"
pytestmark = [pytest.mark.replay, pytest.mark.skipif(not (TOOLS / "pywb").exists(), reason="run it by 'make replay'")]


class _Unfollowed(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


@pytest.fixture(scope="module")
def package(demo: FilledDemo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    demo.stemma.run("export", "wacz", str(folder / "all.wacz"), "--topic", "topic.toml")
    return folder / "all.wacz"


def test_the_package_is_valid(package: Path) -> None:
    done = subprocess.run([TOOLS / "wacz", "validate", "-f", package], capture_output=True, text=True, check=False)
    assert "is valid" in done.stdout, done.stdout + done.stderr


@contextmanager
def served(place: Path) -> Iterator[str]:
    """The address of a pywb that serves the collections of a folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([TOOLS / "pywb", "-b", "127.0.0.1", "-p", str(port)], cwd=place,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def pywb(package: Path, tmp_path: Path) -> Iterator[str]:
    """A pywb that serves the package's WARC file by the package's own index."""
    place = tmp_path / "collections" / "all"
    for name in ("archive", "indexes"):
        (place / name).mkdir(parents=True)
    with zipfile.ZipFile(package) as bundle:
        (place / "archive" / "data.warc.gz").write_bytes(bundle.read("archive/data.warc.gz"))
        (place / "indexes" / "index.cdxj").write_bytes(gzip.decompress(bundle.read("indexes/index.cdx.gz")))
    with served(tmp_path) as address:
        yield f"{address}/all"


def wrongly_replayed(lines: list[str], collection: str, record: Callable[[RecordRef], warc.WarcRecord]) -> list[object]:
    """What pywb gives otherwise than the index and its records say; each capture at its own moment."""
    captures = [(at, json.loads(rest)) for _, at, rest in (line.split(" ", 2) for line in lines)]
    payloads = {}
    for _, fields in captures:
        if fields["mime"] != "warc/revisit":
            ref = RecordRef(path=fields["filename"], offset=int(fields["offset"]), length=int(fields["length"]))
            payloads[fields["url"], fields["digest"]] = record(ref).payload
    opener = urllib.request.build_opener(_Unfollowed, urllib.request.ProxyHandler({}))
    wrong = list[object]()
    for at, fields in captures:
        request = urllib.request.Request(f"{collection}/{at}id_/{fields['url']}", headers={"Accept-Encoding": "identity"})
        try:
            answer = opener.open(request)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            body, payload = answer.read(), payloads[fields["url"], fields["digest"]]
            if str(answer.status) != fields["status"] or body not in (payload, _unpacked(payload)):
                wrong.append((fields["url"], at, answer.status))
    assert len(captures) > 100
    assert any(fields["mime"] == "warc/revisit" for _, fields in captures)
    return wrong


def test_every_capture_replays_at_its_own_moment_with_its_own_bytes(package: Path, pywb: str) -> None:
    with zipfile.ZipFile(package) as bundle:
        raw = bundle.read("archive/data.warc.gz")
        lines = gzip.decompress(bundle.read("indexes/index.cdx.gz")).decode().splitlines()
    assert wrongly_replayed(lines, pywb, lambda ref: warc.parse_record(
        raw[ref.offset:ref.offset + ref.length], ref)) == []


def test_the_data_folder_replays_as_it_lies(demo: FilledDemo) -> None:
    place = demo.data / "replay"
    listed = subprocess.run([TOOLS / "wb-manager", "list"], cwd=place, capture_output=True, text=True, check=True)
    assert "- archive" in listed.stdout
    lines = [line for file in sorted(place.rglob("*.cdxj")) for line in file.read_text("ascii").splitlines()]
    with served(place) as address:
        assert wrongly_replayed(lines, f"{address}/archive", lambda ref: warc.read_record(demo.data / "warc", ref)) == []


def _unpacked(payload: bytes) -> bytes | None:
    """pywb unpacks for a client that takes no gzip."""
    try:
        return zlib.decompressobj(31).decompress(payload)
    except zlib.error:
        return None
