"""A remote filesystem on loopback for Spark's own client of it: WebHDFS, a name node and a data node over HTTP.

`webhdfs://127.0.0.1:PORT/path` is `folder/path`. What is asked is in `asked`; what `refuses` holds for is forbidden.
The name node tells of files and moves them, and sends for their bytes to the data node, as the protocol has it.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote, unquote, urlsplit

PREFIX = "/webhdfs/v1"
BLOCK = 128 * 2**20
DEFAULTS = {"blockSize": BLOCK, "bytesPerChecksum": 512, "writePacketSize": 65_536, "replication": 1,
            "fileBufferSize": 4_096, "encryptDataTransfer": False, "trashInterval": 0, "checksumType": 2,
            "keyProviderUri": "", "defaultStoragePolicyId": 7}
REFUSALS = {403: ("AccessControlException", "org.apache.hadoop.security.AccessControlException"),
            404: ("FileNotFoundException", "java.io.FileNotFoundException"),
            400: ("UnsupportedOperationException", "java.lang.UnsupportedOperationException")}


class Refused(Exception):
    """An operation is answered by an HTTP status, and by the exception of Hadoop's that it stands for."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class WebHdfs:
    """Its files lie in `folder`; `refuses` is asked with each operation and path."""

    folder: Path
    refuses: Callable[[str, str], bool] = lambda operation, path: False
    asked: list[tuple[str, str]] = field(default_factory=list)
    name_port: int = 0
    data_port: int = 0

    @property
    def address(self) -> str:
        return f"webhdfs://127.0.0.1:{self.name_port}"

    @contextmanager
    def serving(self) -> Iterator["WebHdfs"]:
        """It answers at `address` meanwhile."""
        names, data = (ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (node,), {"store": self}))
                       for node in (_NameNode, _DataNode))
        self.name_port, self.data_port = names.server_port, data.server_port
        threads = [Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
                   for server in (names, data)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            for server, thread in zip((names, data), threads, strict=True):
                server.shutdown()
                server.server_close()
                thread.join()

    def place(self, path: str) -> Path:
        """Where a path lies; nothing outside the folder."""
        if ".." in Path(path).parts:
            raise Refused(403, f"{path} leads out of the folder")
        return self.folder / path.lstrip("/")

    def status(self, path: str) -> dict[str, Any]:
        """What is told of a file or a folder."""
        if not (place := self.place(path)).exists():
            raise Refused(404, f"File does not exist: {path}")
        found, is_folder = place.stat(), place.is_dir()
        return {"pathSuffix": "", "type": "DIRECTORY" if is_folder else "FILE", "owner": "stemma", "group": "stemma",
                "length": 0 if is_folder else found.st_size, "permission": "755" if is_folder else "644",
                "accessTime": 0, "modificationTime": int(found.st_mtime * 1_000), "fileId": found.st_ino,
                "blockSize": 0 if is_folder else BLOCK, "replication": 0 if is_folder else 1, "childrenNum": 0,
                "storagePolicy": 0}

    def listed(self, path: str) -> list[dict[str, Any]]:
        """What is told of a folder's files, in the order of their names; of a file itself."""
        one = self.status(path)
        if one["type"] == "FILE":
            return [one]
        return [self.status(f"{path.rstrip('/')}/{child.name}") | {"pathSuffix": child.name}
                for child in sorted(self.place(path).iterdir())]

    def moved(self, path: str, target: str) -> bool:
        """As HDFS renames: into a folder that is there, never over a file."""
        source, place = self.place(path), self.place(target)
        place = place / source.name if place.is_dir() else place
        if not source.exists() or place.exists() or not place.parent.is_dir():
            return False
        source.rename(place)
        return True

    def deleted(self, path: str) -> bool:
        """Whether there was something to delete."""
        place = self.place(path)
        if not place.exists():
            return False
        shutil.rmtree(place) if place.is_dir() else place.unlink()
        return True


class _Node(BaseHTTPRequestHandler):
    """HTTP/1.0: each answer ends its connection, and none is left open."""

    store: ClassVar[WebHdfs]

    def parts(self) -> tuple[str, str, dict[str, str]]:
        """The operation, its path, its parameters."""
        split = urlsplit(self.path)
        told = {name.lower(): values[0] for name, values in parse_qs(split.query, keep_blank_values=True).items()}
        return told["op"].upper(), unquote(split.path).removeprefix(PREFIX) or "/", told

    def handle_one(self) -> None:
        """Answer, or say why not."""
        operation, path, told = self.parts()
        self.store.asked.append((operation, path))
        try:
            if self.store.refuses(operation, path):
                raise Refused(403, f"Permission denied: user=stemma, path={path}")
            self.respond(operation, path, told)
        except Refused as error:
            name, java = REFUSALS[error.status]
            self.tell(error.status, {"RemoteException": {
                "exception": name, "javaClassName": java, "message": str(error)}})

    do_GET = do_PUT = do_DELETE = handle_one

    def respond(self, operation: str, path: str, told: dict[str, str]) -> None:
        raise NotImplementedError

    def tell(self, status: int, body: object = None, headers: tuple[tuple[str, str], ...] = ()) -> None:
        """An answer in JSON."""
        self.send_bytes(status, b"" if body is None else json.dumps(body).encode(), "application/json", headers)

    def send_bytes(self, status: int, body: bytes, media_type: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        self.send_response(status)
        for name, value in (*headers, ("Content-Type", media_type), ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silence."""


class _NameNode(_Node):
    """Tells of files; has no bytes of theirs."""

    def respond(self, operation: str, path: str, told: dict[str, str]) -> None:
        store = self.store
        if operation in ("OPEN", "CREATE"):
            if operation == "OPEN" and store.status(path)["type"] != "FILE":
                raise Refused(404, f"Path is not a file: {path}")
            where = f"http://127.0.0.1:{store.data_port}{PREFIX}{quote(path)}?{urlsplit(self.path).query}"
            self.tell(307, headers=(("Location", where),))
        elif operation == "MKDIRS":
            store.place(path).mkdir(parents=True, exist_ok=True)
            self.tell(200, {"boolean": True})
        elif operation == "RENAME":
            self.tell(200, {"boolean": store.moved(path, told["destination"])})
        elif operation == "DELETE":
            self.tell(200, {"boolean": store.deleted(path)})
        elif operation in ("SETPERMISSION", "SETTIMES"):
            self.tell(200)
        else:
            self.tell(200, self.told_of(operation, path))

    def told_of(self, operation: str, path: str) -> object:
        """What is asked about a path."""
        store = self.store
        if operation == "GETFILESTATUS":
            return {"FileStatus": store.status(path)}
        if operation == "LISTSTATUS":
            return {"FileStatuses": {"FileStatus": store.listed(path)}}
        if operation == "LISTSTATUS_BATCH":
            return {"DirectoryListing": {"remainingEntries": 0, "partialListing": {
                "FileStatuses": {"FileStatus": store.listed(path)}}}}
        if operation == "GETFILEBLOCKLOCATIONS":
            return {"BlockLocations": {"BlockLocation": [
                {"offset": 0, "length": store.status(path)["length"], "corrupt": False, "cachedHosts": [],
                 "hosts": ["127.0.0.1"], "names": [f"127.0.0.1:{store.data_port}"], "storageTypes": ["DISK"],
                 "topologyPaths": ["/default-rack/127.0.0.1"]}]}}
        if operation == "GETSERVERDEFAULTS":
            return {"FsServerDefaults": DEFAULTS}
        raise Refused(400, f"{operation} is not supported")


class _DataNode(_Node):
    """Sends and takes the bytes of files."""

    def respond(self, operation: str, path: str, told: dict[str, str]) -> None:
        if operation == "OPEN":
            with self.store.place(path).open("rb") as file:
                file.seek(int(told.get("offset", 0)))
                body = file.read(int(told["length"]) if "length" in told else -1)
            self.send_bytes(200, body, "application/octet-stream")
        elif operation == "CREATE":
            place = self.store.place(path)
            if place.exists() and told.get("overwrite") != "true":
                raise Refused(403, f"{path} exists")
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("wb") as file:
                for piece in self._received():
                    file.write(piece)
            self.tell(201)
        else:
            raise Refused(400, f"{operation} is not supported")

    def _received(self) -> Iterator[bytes]:
        """The body of a request, in chunks or whole."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            yield self.rfile.read(int(self.headers.get("Content-Length", 0)))
            return
        while length := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(length)
            self.rfile.readline()
        self.rfile.readline()
