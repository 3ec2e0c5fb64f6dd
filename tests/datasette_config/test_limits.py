"""Who asks too often waits; nobody else does."""

import pytest

from datasette_config import limits
from datasette_config.limits import Bucket


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_client_asks_so_often_and_then_waits_for_the_next_token() -> None:
    clock = Clock()
    bucket = Bucket(12, clock)
    assert [bucket.wait("192.0.2.1") for _ in range(13)] == [0.0] * 12 + [5.0]
    clock.now = 4.0
    assert bucket.wait("192.0.2.1") == pytest.approx(1.0)
    clock.now = 5.0
    assert [bucket.wait("192.0.2.1") for _ in range(2)] == [0.0, 5.0]
    clock.now = 1_000.0
    assert [bucket.wait("192.0.2.1") for _ in range(13)] == [0.0] * 12 + [5.0]


def test_clients_do_not_wait_for_each_other_but_one_network_is_one_client() -> None:
    bucket = Bucket(1, Clock())
    assert [bucket.wait(name) for name in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "a name")] == [0.0] * 4
    assert bucket.wait("2001:db8::ffff") == 60.0
    assert bucket.wait("2001:db8:0:1::1") == 0.0


def test_not_more_clients_are_remembered_than_fit() -> None:
    bucket = Bucket(1, Clock())
    for number in range(limits.MAX_CLIENTS + 5):
        bucket.wait(f"client {number}")
    assert bucket.wait("client 0") == 0.0
    assert bucket.wait(f"client {limits.MAX_CLIENTS}") == 60.0


def test_who_guesses_passwords_has_few_tries() -> None:
    bucket = Bucket(240, Clock())
    tries = [bucket.wait("192.0.2.1", limits.cost("/-/login")) for _ in range(13)]
    assert tries == [0.0] * 12 + [5.0]
