"""The loopback web on real sockets: three ways in, TLS, keep-alive, and every way of delivering badly."""

import contextlib
import http.client
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from crawlers.demo.authority import Flaw
from crawlers.demo.server import LoopbackWeb, WebRequest, WebResponse

BODY = b"0123456789" * 100


def answer(request: WebRequest) -> WebResponse:
    """What the request said, or BODY delivered as the path says."""
    plain = WebResponse(headers=(("Content-Type", "text/plain"),), body=BODY)
    match request.path:
        case "/chunked":
            return replace(plain, delivery="chunked")
        case "/close-delimited":
            return replace(plain, delivery="close-delimited")
        case "/hang-up":
            return replace(plain, delivery="hang-up")
        case "/reset":
            return replace(plain, delivery="reset")
        case "/drip":
            return replace(plain, delivery="drip", drip_seconds=0.3)
        case "/drip-for-long":
            return replace(plain, delivery="drip", drip_seconds=30)
        case "/cut":
            return replace(plain, delivery="cut")
        case "/once":
            return replace(plain, delivery="once")
        case "/raw":
            return WebResponse(delivery="raw", raw=lambda: [b"HTTP/1.1 200 ", b"OK\r\n", b"\r\nas it is"])
        case "/loop":
            return WebResponse(status=302, reason="Found", headers=(("Location", "/loop"),))
        case "/unchanged":
            return WebResponse(status=304, reason="Not Modified", body=b"never sent")
        case "/broken":
            raise RuntimeError("the handler is broken")
    said = f"{request.method} {request.url} {request.header('user-agent')} {request.body.decode()}"
    return WebResponse(body=said.encode())


@pytest.fixture
def web() -> Iterator[LoopbackWeb]:
    with LoopbackWeb(answer) as web:
        yield web


@contextlib.contextmanager
def direct(web: LoopbackWeb) -> Iterator[http.client.HTTPConnection]:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", web.port, timeout=10)) as connection:
        yield connection


@contextlib.contextmanager
def tunnel(web: LoopbackWeb, host: str) -> Iterator[http.client.HTTPSConnection]:
    context = ssl.create_default_context(cadata=web.authority_pem.decode())
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    connection = http.client.HTTPSConnection("127.0.0.1", web.port, context=context, timeout=10)
    connection.set_tunnel(host, 443)
    with contextlib.closing(connection):
        yield connection


def get(connection: http.client.HTTPConnection, path: str, **headers: str) -> bytes:
    connection.request("GET", path, headers={"User-Agent": "test", **headers})
    with connection.getresponse() as response:
        return response.read()


def test_the_host_header_names_the_host_of_a_direct_request(web: LoopbackWeb) -> None:
    with direct(web) as connection:
        assert get(connection, "/a?b=c", Host="News.Example:8080") == b"GET http://news.example/a?b=c test "


def test_a_proxy_request_names_the_host_in_its_url(web: LoopbackWeb) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": web.proxy_url}))
    with opener.open("http://news.example?q=1/2") as response:
        assert response.read().startswith(b"GET http://news.example/?q=1/2 ")


def test_a_url_inside_a_query_is_no_proxy_request(web: LoopbackWeb) -> None:
    with direct(web) as connection:
        said = get(connection, "/go?to=http://other.example/", Host="news.example")
        assert said == b"GET http://news.example/go?to=http://other.example/ test "


def test_a_tunnel_speaks_tls_that_strict_verification_accepts(web: LoopbackWeb) -> None:
    with tunnel(web, "news.example") as connection:
        assert get(connection, "/a") == b"GET https://news.example/a test "


@pytest.mark.parametrize("host", ["a-very-long-host-name-that-no-common-name-could-hold." * 2 + "example", "192.0.2.1"])
def test_every_host_gets_a_certificate(web: LoopbackWeb, host: str) -> None:
    with tunnel(web, host) as connection:
        assert host.encode() in get(connection, "/")


def test_a_client_without_our_authority_refuses_the_certificate(web: LoopbackWeb) -> None:
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({"https": web.proxy_url}),
        urllib.request.HTTPSHandler(context=ssl.create_default_context()),
    )
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        opener.open("https://news.example/")
    assert web.log == []


def test_one_connection_serves_many_requests(web: LoopbackWeb) -> None:
    with tunnel(web, "news.example") as connection:
        get(connection, "/1")
        kept = connection.sock
        get(connection, "/2")
        assert connection.sock is kept
    with direct(web) as plain:
        get(plain, "/3")
        kept = plain.sock
        get(plain, "/4")
        assert plain.sock is kept


def test_a_body_that_is_sent_reaches_the_handler(web: LoopbackWeb) -> None:
    with direct(web) as connection:
        connection.request("POST", "/form", body=b"x=1", headers={"Host": "news.example", "User-Agent": "test"})
        with connection.getresponse() as response:
            assert response.read() == b"POST http://news.example/form test x=1"


def test_head_has_the_length_but_not_the_body(web: LoopbackWeb) -> None:
    with direct(web) as connection:
        connection.request("HEAD", "/")
        with connection.getresponse() as response:
            assert int(response.headers["Content-Length"]) > 0
            assert response.read() == b""
        assert get(connection, "/next")


def test_not_modified_has_no_body(web: LoopbackWeb) -> None:
    with direct(web) as connection:
        assert get(connection, "/unchanged") == b""
        assert get(connection, "/next")


def test_the_log_has_each_request_in_order(web: LoopbackWeb) -> None:
    with direct(web) as connection, tunnel(web, "safe.example") as secure:
        get(connection, "/1", Host="plain.example")
        get(secure, "/2")
        get(connection, "/broken", Host="plain.example")
    seen = [(line.scheme, line.host, line.path, line.status) for line in web.log]
    assert seen == [
        ("http", "plain.example", "/1", 200),
        ("https", "safe.example", "/2", 200),
        ("http", "plain.example", "/broken", 500),
    ]
    assert sorted(line.at for line in web.log) == [line.at for line in web.log]


def test_a_handler_that_raises_answers_500_with_its_error(web: LoopbackWeb) -> None:
    with direct(web) as connection:
        assert b"the handler is broken" in get(connection, "/broken")


@pytest.mark.parametrize("path", ["/chunked", "/close-delimited", "/drip"])
@pytest.mark.parametrize("secure", [False, True])
def test_odd_deliveries_bring_the_whole_body(web: LoopbackWeb, path: str, *, secure: bool) -> None:
    with tunnel(web, "news.example") if secure else direct(web) as connection:
        connection.request("GET", path)
        with connection.getresponse() as response:
            assert response.version == (10 if path == "/close-delimited" else 11)
            assert response.chunked is (path == "/chunked")
            assert response.read() == BODY


@pytest.mark.parametrize("secure", [False, True])
def test_a_hang_up_leaves_half_of_the_body(web: LoopbackWeb, *, secure: bool) -> None:
    with tunnel(web, "news.example") if secure else direct(web) as connection:
        connection.request("GET", "/hang-up")
        with connection.getresponse() as response, pytest.raises(http.client.IncompleteRead) as caught:
            response.read()
    assert caught.value.partial == BODY[: len(BODY) // 2]


@pytest.mark.parametrize("secure", [False, True])
def test_a_reset_comes_before_a_single_byte(web: LoopbackWeb, *, secure: bool) -> None:
    with tunnel(web, "news.example") if secure else direct(web) as connection:
        connection.request("GET", "/reset")
        with pytest.raises(ConnectionResetError):
            connection.getresponse()


def test_a_cut_comes_after_half_of_the_body(web: LoopbackWeb) -> None:
    with direct(web) as connection:
        connection.request("GET", "/cut")
        with connection.getresponse() as response:
            got = response.read(len(BODY) // 2)
            with pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
                response.read()
    assert got == BODY[: len(BODY) // 2]


def test_a_connection_that_is_good_for_once_is_closed_at_the_second_request(web: LoopbackWeb) -> None:
    with direct(web) as connection:
        assert get(connection, "/once") == BODY
        connection.request("GET", "/once")
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            connection.getresponse()
    assert [line.path for line in web.log] == ["/once"]


def test_raw_pieces_are_sent_as_they_are(web: LoopbackWeb) -> None:
    with direct(web) as connection:
        assert get(connection, "/raw") == b"as it is"


@pytest.mark.parametrize(("flaw", "words"), [
    ("self-signed", "self-signed certificate|unable to get local issuer|signature failure"),
    ("wrong-name", "Hostname mismatch"), ("expired", "certificate has expired"),
])
def test_certificates_are_bad_where_it_was_asked_for(flaw: Flaw, words: str) -> None:
    with LoopbackWeb(answer, flaws={"bad.example": flaw}) as web:
        with tunnel(web, "good.example") as connection:
            assert get(connection, "/chunked") == BODY
        with tunnel(web, "bad.example") as connection, pytest.raises(ssl.SSLCertVerificationError, match=words):
            connection.request("GET", "/")


def test_it_serves_on_ipv6_too() -> None:
    with LoopbackWeb(answer, address="::1") as web, contextlib.closing(
        http.client.HTTPConnection("::1", web.port, timeout=10)
    ) as connection:
        assert get(connection, "/chunked") == BODY


def test_a_drip_takes_its_time(web: LoopbackWeb) -> None:
    began = time.monotonic()
    with direct(web) as connection:
        get(connection, "/drip")
    assert 0.2 < time.monotonic() - began < 5


def test_a_redirect_loop_goes_round(web: LoopbackWeb) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": web.proxy_url}))
    with pytest.raises(urllib.error.HTTPError, match="infinite loop") as caught:
        opener.open("http://news.example/loop")
    caught.value.close()


def test_a_stop_does_not_wait_for_clients_and_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with contextlib.ExitStack() as clients:
        with LoopbackWeb(answer) as web:
            idle = clients.enter_context(tunnel(web, "news.example"))
            get(idle, "/")
            dripping = clients.enter_context(direct(web))
            dripping.request("GET", "/drip-for-long")
            silent = clients.enter_context(socket.create_connection(("127.0.0.1", web.port)))
            rude = socket.create_connection(("127.0.0.1", web.port))
            rude.sendall(b"CONNECT news.example:443 HTTP/1.1\r\n\r\nthis is not TLS")
            rude.close()
            time.sleep(0.1)
            port = urlsplit(web.proxy_url).port
            began = time.monotonic()
        assert time.monotonic() - began < 2
        silent.settimeout(2)
        assert silent.recv(1) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port))
    assert capfd.readouterr() == ("", "")


def test_many_clients_are_served_at_once(web: LoopbackWeb) -> None:
    bodies: list[bytes] = []

    def fetch(number: int) -> None:
        with tunnel(web, f"host{number % 5}.example") as connection:
            bodies.append(get(connection, "/drip"))

    threads = [threading.Thread(target=fetch, args=(number,)) for number in range(20)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bodies == [BODY] * 20
    assert time.monotonic() - began < 20 * 0.27
