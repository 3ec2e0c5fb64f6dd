"""`stemma import`: other people's WARC and WACZ files, whole and broken, copied into the archive once."""

import gzip
import io
import random
import re
import zipfile
from pathlib import Path

import pytest
from public_rows import public_rows
from stemma_testing import Stemma, topic_file
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive import warc
from archive.digests import payload_digest
from archive.foreign import bears_out
from archive.model import RecordRef
from archive.store import open_database
from archive.store.captures import capture_at

URL = "https://news.example/story"
BODY = b"<html><body><h1>The story</h1><p>A text on the Kursk region.</p></body></html>"
CHUNKED = (("Transfer-Encoding", "chunked"),)
ARC = gzip.compress(b"filedesc://a.arc 0.0.0.0 20240806 text/plain 77\n")
IMPORT = ("import", "--topic", "topic.toml")


class Foreign:
    """A WARC file as other programs write it."""

    def __init__(self, *, packed: bool = True) -> None:
        self.buffer = io.BytesIO()
        self.writer = WARCWriter(self.buffer, gzip=packed)

    def _write(self, record: ArcWarcRecord) -> None:
        self.writer.write_record(record)
        record.raw_stream.close()

    def info(self, **fields: str) -> "Foreign":
        self._write(self.writer.create_warcinfo_record("a.warc.gz", fields))
        return self

    def response(
        self, body: bytes = BODY, *, url: str = URL, at: str = "2024-08-06T14:22:33Z", request: bool = False,
        http: tuple[tuple[str, str], ...] = (), status: str = "200 OK", **fields: str,
    ) -> "Foreign":
        headers = [("content-TYPE", "text/html; charset=utf-8"), *http]
        record = self.writer.create_warc_record(
            url, "response", payload=io.BytesIO(body), http_headers=StatusAndHeaders(status, headers, "HTTP/1.1"),
            warc_headers_dict={"WARC-Date": at} | {name.replace("_", "-"): value for name, value in fields.items()},
        )
        self._write(record)
        if request:
            self._write(self.writer.create_warc_record(
                url, "request", http_headers=StatusAndHeaders("GET /story HTTP/1.1", [("Host", "news.example")]),
                warc_headers_dict={"WARC-Date": at, "WARC-Concurrent-To": record.rec_headers["WARC-Record-ID"]},
            ))
        return self

    def revisit(self, body: bytes = BODY, *, at: str, url: str = URL, of: str = URL) -> "Foreign":
        head = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], "HTTP/1.1")
        self._write(self.writer.create_revisit_record(
            url, payload_digest(body), of, "2024-08-06T14:22:33Z", http_headers=head,
            warc_headers_dict={"WARC-Date": at}))
        return self

    @property
    def bytes(self) -> bytes:
        return self.buffer.getvalue()


@pytest.fixture
def stemma(tmp_path: Path) -> Stemma:
    topic_file(tmp_path, ["https://news.example/unasked"])
    (tmp_path / "authority.pem").write_text("")
    return Stemma(tmp_path)


def imported(stemma: Stemma, *files: tuple[str, bytes], code: int = 0, options: tuple[str, ...] = ()) -> str:
    for name, content in files:
        (stemma.folder / name).write_bytes(content)
    done = stemma.run(*IMPORT, *options, *(name for name, _ in files), code=code)
    return done.stdout + done.stderr


def rows(stemma: Stemma) -> list[dict[str, object]]:
    found = stemma.database().execute("SELECT * FROM capture WHERE role != 'list' ORDER BY captured_at, url")
    return [dict(row) for row in found]


def failures(stemma: Stemma) -> list[tuple[str, str]]:
    return [(row["subject"], row["reason"]) for row in stemma.database().execute("SELECT * FROM failures")]


def test_a_capture_is_copied_with_its_own_time_and_who_made_it_and_only_once(stemma: Stemma) -> None:
    made = Foreign().info(software="Heritrix/3.4", operator="A library")
    made.response(request=True, WARC_IP_Address="203.0.113.7")
    imported(stemma, ("a.warc.gz", made.bytes))
    (row,) = rows(stemma)
    assert (row["url"], row["captured_at"], row["via"], row["role"]) == (
        URL, "2024-08-06T14:22:33.000Z", "A library, Heritrix/3.4", "article")
    assert row["payload_digest"] == payload_digest(BODY)
    (stemma.folder / "a.warc.gz").unlink()
    ref = RecordRef(path=str(row["path"]), offset=int(str(row["offset"])), length=int(str(row["length"])))
    record = warc.read_record(stemma.folder / "data" / "warc", ref)
    assert record.payload == BODY
    assert record.http_head.startswith(b"HTTP/1.1 200 OK\r\ncontent-TYPE: text/html")
    assert dict(record.headers)["WARC-IP-Address"] == "203.0.113.7"
    conn = open_database(stemma.folder / "data" / "archive.db")
    records = warc.records(stemma.folder / "data" / "warc", ref.path)
    ((meaning, found),) = [(meaning, place) for meaning, place in records if place == ref]
    assert meaning == capture_at(conn, path=found.path, offset=found.offset), "the reader gives what the writer gave"
    conn.close()
    before = public_rows(stemma.folder / "data" / "archive.db")
    assert "0 done, 2 skipped" in imported(stemma, ("a.warc.gz", made.bytes), ("b.warc.gz", made.bytes))
    assert public_rows(stemma.folder / "data" / "archive.db") == before
    stemma.run("rebuild", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data" / "archive.db", views=("capture", "observation")) == \
        {view: before[view] for view in ("capture", "observation")}


def test_the_operator_may_say_who_captured_it(stemma: Stemma) -> None:
    made = Foreign().info(software="x").response()
    imported(stemma, ("a.warc.gz", made.bytes), options=("--via", "University of Kyiv"))
    assert [row["via"] for row in rows(stemma)] == ["University of Kyiv"]


LINK = zipfile.ZipInfo("archive/a.warc")
LINK.create_system, LINK.external_attr = 3, 0o120777 << 16


def spoilt(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1:]


def wacz(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in members:
            bundle.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(("name", "content"), [
    pytest.param("a.warc", Foreign(packed=False).response().bytes, id="not compressed"),
    pytest.param("a.warc.gz", gzip.compress(Foreign(packed=False).response().bytes), id="compressed as one"),
    pytest.param("a.warc.gz.gz", gzip.compress(Foreign().response().bytes), id="compressed twice"),
    pytest.param("a.wacz", wacz(("archive/a.warc.gz", Foreign().response().bytes), ("a.txt", b"")), id="WACZ"),
    pytest.param("b.zip", wacz(("archive/a.warc", Foreign(packed=False).response().bytes)), id="WACZ by content"),
    pytest.param("a.warc.gz", Foreign().response(b"4e\r\n" + BODY + b"\r\n0\r\n\r\n", http=CHUNKED).bytes,
                 id="in chunks"),
    pytest.param("a.warc.gz", Foreign().response(http=CHUNKED).bytes, id="chunks that are none"),
    pytest.param("a.warc.gz", Foreign().response(WARC_Target_URI=f"<{URL}>").bytes, id="address in brackets"),
    pytest.param("a.warc.gz", Foreign().response(at="2024-08-06T17:22:33.123456789+03:00").bytes, id="another zone"),
])
def test_files_of_every_make_give_the_same_capture(stemma: Stemma, name: str, content: bytes) -> None:
    imported(stemma, (name, content))
    assert len(BODY) == 0x4e
    assert [(row["url"], row["payload_digest"]) for row in rows(stemma)] == [(URL, payload_digest(BODY))]
    assert failures(stemma) == []


@pytest.mark.parametrize(("name", "content", "said"), [
    pytest.param("a.arc.gz", ARC, "this is an ARC file", id="ARC"),
    pytest.param("a.warc.gz", b"<html>", "no WARC file", id="a page"),
    pytest.param("a.warc.gz", b"", "no WARC file", id="empty"),
    pytest.param("a.wacz", b"PK\x03\x04rest", "no readable WACZ", id="broken WACZ"),
    pytest.param("a.wacz", wacz(("data.txt", b"x")), "no WARC file in archive/", id="another zip"),
    pytest.param("a.wacz", wacz(("../../evil.warc.gz", b"x")), "points out of it", id="a path upwards"),
    pytest.param("a.wacz", wacz(("/etc/evil.warc.gz", b"x")), "points out of it", id="an absolute path"),
    pytest.param("a.wacz", wacz(("archive/..\\evil.warc.gz", b"x")), "points out of it", id="a path of another system"),
    pytest.param("a.wacz", wacz((LINK, b"/etc/passwd")), "is a link to another file", id="a link"),
    pytest.param("a.wacz", wacz(("archive/a.warc", b"x" * 90)).replace(b"archive/a", b"archive/b", 1),
                 "cannot be read", id="two names of one file"),
    pytest.param("a.wacz", spoilt(wacz(("archive/a.warc", Foreign(packed=False).response().bytes)), 60),
                 "cut off or damaged at its beginning", id="damaged in the zip"),
    pytest.param("a.warc.gz", Foreign().response().bytes[:40], "cut off or damaged at its beginning", id="cut off"),
    pytest.param("a.gz", gzip.compress(gzip.compress(gzip.compress(gzip.compress(b"WARC/1.0")))), "more than 3 times",
                 id="compressed without end"),
])
def test_what_cannot_be_imported_is_refused_before_anything_is_copied(
    stemma: Stemma, name: str, content: bytes, said: str
) -> None:
    assert said in imported(stemma, ("good.warc.gz", Foreign().response().bytes), (name, content), code=2)
    assert rows(stemma) == []
    assert not (stemma.folder.parent / "evil.warc.gz").exists()


@pytest.mark.parametrize("cut", [100, 5_000, 9_500])
def test_a_file_that_is_cut_off_gives_what_is_whole(stemma: Stemma, cut: int) -> None:
    content = Foreign().info(software="x").response().response(
        random.Random(1).randbytes(10_000), at="2024-08-07T00:00:00Z").bytes
    told = imported(stemma, ("a.warc.gz", content[:-cut]), code=1)
    assert [row["captured_at"] for row in rows(stemma)] == ["2024-08-06T14:22:33.000Z"]
    ((subject, reason),) = failures(stemma)
    assert subject.startswith("a.warc.gz ")
    assert "cut off" in reason
    assert f"stemma: {subject}: {reason}" in told, "the record is named, and what to do"


@pytest.mark.parametrize(("length", "said"), [
    (b"", "no Content-Length, so nobody can tell where it ends"), (b"Content-Length: abc", "Content-Length: abc, so nobody"),
    (b"Content-Length: -5", "Content-Length: -5, so nobody"), (b"Content-Length: 99999999999", "over the limit"),
    (b"Content-Length: 20000", "cut off or damaged"), (b"Content-Length: 5", "longer or shorter than its Content-Length"),
])
def test_a_record_of_no_length_is_named_and_those_before_it_are_kept(stemma: Stemma, length: bytes, said: str) -> None:
    lost = re.sub(rb"Content-Length: \d+\r\n(?=\r\nHTTP)", length + b"\r\n" * bool(length),
                  Foreign(packed=False).response(url=f"{URL}/2").bytes, count=1)
    imported(stemma, ("a.warc", Foreign(packed=False).response().bytes + lost), code=1)
    assert [row["url"] for row in rows(stemma)] == [URL]
    subject, reason = failures(stemma)[0]
    assert subject.startswith("a.warc <urn:uuid:")
    assert said in reason


@pytest.mark.parametrize(("content", "said"), [
    (spoilt(Foreign().response().bytes, -8), "CRC check failed"), (Foreign().response().bytes[:-4], "CRC check failed"),
    (Foreign().response().bytes + b"garbage", "Not a gzipped file"),
])
def test_damage_behind_a_records_last_byte_hides_no_later_record_unsaid(stemma: Stemma, content: bytes, said: str) -> None:
    told = imported(stemma, ("a.warc.gz", content + Foreign().response(url=f"{URL}/2").bytes), code=1)
    assert [row["url"] for row in rows(stemma)] == [URL]
    assert "a.warc.gz at its end: the file is cut off or damaged there; get it again" in told
    assert said in told
    assert "WARNING" not in told


def test_a_header_without_an_end_takes_no_time_and_no_memory(stemma: Stemma) -> None:
    endless = b"WARC/1.0\r\nX: " + b"y" * 30_000_000
    told = imported(stemma, ("a.warc.gz", Foreign().response().bytes + gzip.compress(endless)), code=1)
    assert "header has over 1,000,000 bytes" in told
    assert [row["url"] for row in rows(stemma)] == [URL]


def test_a_wrong_digest_of_the_whole_block_counts_where_there_is_none_of_the_payload(stemma: Stemma) -> None:
    claimed = payload_digest(BODY).encode()
    only_block = Foreign(packed=False).response().bytes.replace(b"WARC-Payload-Digest: " + claimed + b"\r\n", b"")
    assert b"WARC-Block-Digest: sha1:" in only_block
    imported(stemma, ("a.warc", only_block))
    other = only_block.replace(BODY, BODY.upper()).replace(b"2024-08-06", b"2024-08-07")
    assert "is not the one whose digest is sha1:" in imported(stemma, ("b.warc", other), code=1)
    assert [row["role"] for row in rows(stemma)] == ["article", "other"]


def test_a_payload_with_a_wrong_digest_is_kept_named_and_no_version(stemma: Stemma) -> None:
    right = Foreign().response(url=f"{URL}/2").bytes
    claimed = payload_digest(BODY).encode()
    wrong = Foreign(packed=False).response().bytes.replace(claimed, b"sha1:" + b"A" * 32)
    imported(stemma, ("a.warc.gz", gzip.compress(wrong) + right), code=1)
    assert {row["url"]: row["role"] for row in rows(stemma)} == {URL: "other", f"{URL}/2": "article"}
    ((subject, reason),) = failures(stemma)
    assert "<urn:uuid:" in subject
    assert URL in reason
    assert "AAAA" in reason


@pytest.mark.parametrize("claimed", [
    "sha1:" + payload_digest(b"x")[5:], "SHA1:" + payload_digest(b"x")[5:].lower(),
    "sha1:11f6ad8ec52a2984abaafd7c3b516503785c2072", "md5:9dd4e461268c8034f5c8564e155c67a6",
    "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881", "blake3:ff", "nothing",
])
def test_digests_are_read_as_every_program_writes_them(claimed: str) -> None:
    assert bears_out(claimed, b"x")
    assert claimed in ("blake3:ff", "nothing") or not bears_out(claimed, b"y")


def test_revisits_find_their_payload_wherever_it_stands(stemma: Stemma) -> None:
    made = Foreign().revisit(at="2024-08-08T00:00:00Z").revisit(
        at="2024-08-09T00:00:00Z", url=f"{URL}?utm_source=x").response().revisit(b"gone", at="2024-08-10T00:00:00Z")
    imported(stemma, ("a.warc.gz", made.bytes))
    assert [(str(row["captured_at"])[:10], row["is_revisit"]) for row in rows(stemma)] == [
        ("2024-08-06", 0), ("2024-08-08", 1), ("2024-08-09", 0)]
    assert len({row["payload_digest"] for row in rows(stemma)}) == 1
    ((_, reason),) = failures(stemma)
    assert "none of the files" in reason
    before = public_rows(stemma.folder / "data" / "archive.db", views=("capture", "observation"))
    stemma.run("rebuild", "--topic", "topic.toml")
    assert public_rows(stemma.folder / "data" / "archive.db", views=("capture", "observation")) == before


def test_the_order_of_files_changes_nothing(tmp_path: Path) -> None:
    one = Foreign().info(software="x").response().bytes
    two = Foreign().info(software="x").response(BODY + b"2", at="2024-08-05T00:00:00Z").response(
        at="2024-08-04T00:00:00Z").bytes
    seen = []
    for n, order in enumerate(((one, two), (two, one))):
        (tmp_path / str(n)).mkdir()
        topic_file(tmp_path / str(n), ["https://news.example/unasked"])
        stemma = Stemma(tmp_path / str(n))
        for m, content in enumerate(order):
            imported(stemma, (f"{m}.warc.gz", content))
        observed = public_rows(stemma.folder / "data" / "archive.db", views=("observation",))["observation"]
        seen.append([row for row in observed if URL in row])
    assert seen[0] == seen[1]
    assert [('"unchanged"' in row) for row in seen[0]] == [False, False, False]


def test_of_joined_files_each_capture_names_its_own_maker_and_none_is_taken_for_ours(stemma: Stemma) -> None:
    (stemma.folder / "joined.warc").write_bytes(
        Foreign(packed=False).info(operator="Library A").response(at="2024-08-06T10:00:00Z").bytes
        + Foreign(packed=False).info(operator="stemma").response(b"other " + BODY, at="2024-08-07T10:00:00Z").bytes)
    stemma.run(*IMPORT, "joined.warc")
    rows = stemma.database().execute("SELECT via FROM capture WHERE role = 'article' ORDER BY captured_at")
    assert [row["via"] for row in rows] == ["Library A", "stemma (imported)"]
