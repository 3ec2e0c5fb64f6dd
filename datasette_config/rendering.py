"""The site's templates, rendered in one go.

Datasette's templates may wait for values, so that Jinja asks of each value that it writes whether it is to be awaited:
of a family of 200 texts half of the time. Ours wait for nothing.

Datasette lets every plugin add variables to every template, under whatever name and over those that are there
(`extra_template_vars`). What a page of ours is given goes before them: a plugin whose variable is called `page` or `to`
breaks none.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Self

from jinja2 import Environment, Template

_AT_ONCE = "stemma_at_once"  # among the globals of Datasette's own environment


class _AtOnce(Template):
    """A template that Datasette renders as it does its own."""

    own: Mapping[str, Any] = MappingProxyType({})

    async def render_async(self, *args: Any, **kwargs: Any) -> str:
        return self.render({**dict(*args, **kwargs), **self.own})

    def of(self, own: Mapping[str, Any]) -> Self:
        """The same template for one page, whose values go before all others."""
        page = object.__new__(type(self))  # Template's own way to be made compiles its text anew
        vars(page).update(vars(self), own=own)
        return page


def prepare(env: Environment) -> None:
    """Make an environment beside Datasette's, with the same filters, globals and folders of templates."""
    beside = env.overlay(enable_async=False)
    beside.template_class = _AtOnce
    env.globals[_AT_ONCE] = beside


async def rendered(datasette: Any, name: str, own: Mapping[str, Any], request: Any = None) -> str:
    """A template of ours with its values; what Datasette and plugins give beside them (`actor`, `csrftoken`) is there
    under its own name.
    """
    env = datasette.jinja_env if hasattr(datasette, "jinja_env") else datasette.get_jinja_environment(request)
    template: _AtOnce = env.globals[_AT_ONCE].get_template(name)
    return str(await datasette.render_template(template.of(own), request=request))
