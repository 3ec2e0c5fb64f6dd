"""Serve the bundled web until Ctrl-C: python -m crawlers.demo [--port N] [--authority FILE] [--moment 1|2]."""

import argparse
import contextlib
from pathlib import Path
from threading import Event

from crawlers.demo.server import LoopbackWeb
from crawlers.demo.web import DemoWeb


def main() -> None:
    """Parse the command line, serve, say how to use it."""
    parser = argparse.ArgumentParser(prog="python -m crawlers.demo", description="Serve the bundled web on loopback.")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: any free one)")
    parser.add_argument("--authority", type=Path, default=Path("demo-authority.pem"), help="where its certificate goes")
    parser.add_argument("--moment", type=int, choices=(1, 2), default=1, help="1: first crawl, 2: after the changes")
    options = parser.parse_args()
    demo = DemoWeb(options.moment)
    with LoopbackWeb(demo.respond, port=options.port) as web, contextlib.suppress(KeyboardInterrupt):
        options.authority.write_bytes(web.authority_pem)
        print(f"The bundled web is behind the proxy {web.proxy_url}, its authority is in {options.authority}.")
        for site in demo.sites:
            print(f"  curl --proxy {web.proxy_url} --cacert {options.authority} {site.outlet.root}/")
        print("Ctrl-C ends it.", flush=True)
        Event().wait()


if __name__ == "__main__":
    main()
