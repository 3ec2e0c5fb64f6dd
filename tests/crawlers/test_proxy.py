"""Which requests go by the forward proxy of the environment."""

import pytest
from scrapy import Request

from crawlers.guard import Guard
from crawlers.middlewares.doors import ProxyMiddleware


@pytest.fixture
def middleware(monkeypatch: pytest.MonkeyPatch) -> ProxyMiddleware:
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://me:secret@proxy.example:3128")
    monkeypatch.setenv("no_proxy", "direct.example,.inside.example")
    return ProxyMiddleware()


def sent(middleware: ProxyMiddleware, url: str, **meta: object) -> tuple[object, bytes | None]:
    request = Request(url, meta=meta)
    middleware.process_request(request)
    return request.meta.get("proxy"), request.headers.get("Proxy-Authorization")


def test_the_environments_proxy_its_credentials_and_its_exemptions_hold(middleware: ProxyMiddleware) -> None:
    by_proxy = ("http://proxy.example:3128", b"Basic bWU6c2VjcmV0")
    assert sent(middleware, "http://news.example/a") == by_proxy
    assert sent(middleware, "http://direct.example/a") == (None, None)
    assert sent(middleware, "http://www.inside.example/a") == (None, None)
    assert sent(middleware, "https://news.example/a") == (None, None), "it names none for https"


def test_a_redirect_takes_no_proxy_and_no_credentials_to_an_exempt_host(middleware: ProxyMiddleware) -> None:
    request = Request("http://news.example/a")
    middleware.process_request(request)
    onward = request.replace(url="http://direct.example/b")
    middleware.process_request(onward)
    assert (onward.meta.get("proxy"), onward.headers.get("Proxy-Authorization")) == (None, None)


def test_pages_on_the_proxys_own_host_are_none_of_ours() -> None:
    guard = Guard(proxies=frozenset({"proxy.example"}))
    assert "is the host of the forward proxy" in (guard.refusal("http://proxy.example:3128/admin") or "")
    assert guard.refusal("http://news.example/a") is None
    named = Guard(allowed=frozenset({"proxy.example"}), proxies=frozenset({"proxy.example"}))
    assert named.refusal("http://proxy.example/a") is None
