"""`stemma batch` on a cluster of a master and two workers on loopback, of which one is killed in the middle."""

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import made_warcs
import pytest
from spark_testing import CONF, held, require_spark
from stemma_testing import Stemma

PAGES, FILES = 60, 6
PATIENCE = 120.0  # seconds until a part of the cluster is there


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Cluster:
    """Spark's own programs, each in a process group of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._parts = folder, list[subprocess.Popen[bytes]]()
        found = importlib.util.find_spec("pyspark")
        assert found is not None
        assert found.origin is not None
        self._home = Path(found.origin).parent
        self.address = f"spark://127.0.0.1:{(port := free_port())}"
        self._start("Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(free_port()))
        for _ in range(2):
            self._start("Worker", "--host", "127.0.0.1", "--cores", "1", "--memory", "700m", "--webui-port",
                        str(free_port()), "--work-dir", str(folder / f"worker-{len(self._parts)}"), self.address)

    def _start(self, part: str, *words: str) -> None:
        log = (self._folder / f"{part}-{len(self._parts)}.log").open("wb")
        with log:
            self._parts.append(subprocess.Popen(
                [self._home / "bin" / "spark-class", f"org.apache.spark.deploy.{part.lower()}.{part}", *words],
                env=os.environ | {"SPARK_HOME": str(self._home), "SPARK_LOCAL_IP": "127.0.0.1",
                                  "PYSPARK_PYTHON": sys.executable, "SPARK_DAEMON_MEMORY": "256m"},
                stdout=log, stderr=log, start_new_session=True))

    def has_workers(self) -> bool:
        """Whether the master knows of both."""
        return (self._folder / "Master-0.log").read_text(errors="replace").count("Registering worker") == 2

    def kill_worker(self) -> None:
        """End one worker, its executor and its Python at once."""
        self._kill(self._parts.pop())

    def stop(self) -> None:
        """End what is left."""
        while self._parts:
            self._kill(self._parts.pop())

    @staticmethod
    def _kill(part: subprocess.Popen[bytes]) -> None:
        os.killpg(part.pid, signal.SIGKILL)
        part.wait()


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    folder.mkdir()
    found = Cluster(folder)
    try:
        wait_for(found.has_workers)
        yield found
    finally:
        found.stop()


def wait_for(condition: Callable[[], object]) -> None:
    """Until it holds; fails where that takes too long."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "it did not come to that in time"
        time.sleep(0.1)


@pytest.mark.timeout(900)
def test_a_worker_that_is_killed_costs_a_retry(tmp_path: Path) -> None:
    require_spark()
    (tmp_path / "topic.toml").write_text(made_warcs.TOPIC, encoding="utf-8")
    stemma, topic = Stemma(tmp_path), ("--topic", "topic.toml")
    files = [str(path) for path in made_warcs.write(tmp_path / "in", PAGES, FILES)]
    with cluster(tmp_path / "cluster") as nodes:
        batch = subprocess.Popen(
            stemma.command("batch", *topic, "--keep-all", "--out", str(tmp_path / "tables"), "--master", nodes.address,
                           *CONF, "--conf", "spark.driver.host=127.0.0.1", "--conf", "spark.cores.max=2",
                           "--conf", f"spark.sql.files.minPartitionNum={FILES}", *files),
            cwd=tmp_path, env=stemma.environment | {"SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        # The first of the files is read, others are being read: what is found of them so far is lost with the worker.
        wait_for(lambda: batch.poll() is not None or list((tmp_path / "tables").glob("read/_temporary/0/task_*")))
        nodes.kill_worker()
        told, said = batch.communicate(timeout=600)
    assert batch.returncode == 0, said.decode()
    assert b"Lost executor" in said
    assert told.startswith(b"batch ")
    stemma.run("import", *topic, "--data", "updated", *files)
    stemma.run("update", *topic, "--data", "updated")
    loaded = stemma.run("load", *topic, "--data", "loaded", "--all", "--json", str(tmp_path / "tables")).stdout
    done = {report["step"]: report["done"] for report in json.loads(loaded)}
    assert done["extract"] == done["compare"] == 0 < done["compared"], "nothing is made anew"
    assert held(tmp_path / "loaded") == held(tmp_path / "updated")
