"""The site's templates, rendered in one go.

Datasette's templates may wait for values, so that Jinja asks of each value that it writes whether it is to be awaited:
of a family of 200 texts half of the time. Ours wait for nothing.
"""

from typing import Any

from jinja2 import Environment, Template

_AT_ONCE = "stemma_at_once"  # among the globals of Datasette's own environment


class _AtOnce(Template):
    """A template that Datasette renders as it does its own."""

    async def render_async(self, *args: Any, **kwargs: Any) -> str:
        return self.render(*args, **kwargs)


def prepare(env: Environment) -> None:
    """Make an environment beside Datasette's, with the same filters, globals and folders of templates."""
    beside = env.overlay(enable_async=False)
    beside.template_class = _AtOnce
    env.globals[_AT_ONCE] = beside


def template(datasette: Any, name: str, request: Any) -> Template:
    """A template of ours, by its name."""
    env = datasette.jinja_env if hasattr(datasette, "jinja_env") else datasette.get_jinja_environment(request)
    found: Template = env.globals[_AT_ONCE].get_template(name)
    return found
