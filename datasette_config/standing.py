"""What a server keeps for as long as it runs -> set apart from what each request makes, for Python's collector.

Now and then the collector looks at all objects that there are, and most of them are modules, templates and plugins that
stay: of a page that it came to in between it took 100 ms and more.
"""

import gc
from typing import Any


def set_apart(app: Any) -> Any:
    """The application, which does so once when a server starts it; asked within a process, as by tests, it does not."""

    async def started(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            gc.collect()
            gc.freeze()
        await app(scope, receive, send)

    return started
