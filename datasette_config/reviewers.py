"""Who may review: names and hashes of passwords in a file of the data folder, for Datasette's plugin that signs in.

`datasette hash-password` (of datasette-auth-passwords, in the extra `review`) makes a hash; the file reviewers.json
holds {"NAME": "HASH"}. Any other plugin that signs people in serves as well, configured as Datasette is.
"""

import hashlib
import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from archive.errors import UnreadableFile

FILE = "reviewers.json"
PLUGIN = "datasette-auth-passwords"


def plugins(data: Path) -> dict[str, Any]:
    """The plugin's configuration; nothing where there is no such file.

    Datasette shows its configuration to all who ask (/-/metadata.json): the hashes stand in this process's environment,
    the configuration says where. Raises UnreadableFile for a file that is not one of names and hashes, and where the
    plugin is not installed.
    """
    path = data / FILE
    if not path.exists():
        return {}
    if find_spec(PLUGIN.replace("-", "_")) is None:
        raise UnreadableFile(f"{path} names reviewers, and {PLUGIN} is not installed to sign them in; run "
                             "pip install 'stemma-archive[review]'")
    try:
        accounts = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UnreadableFile(f"{path} cannot be read as JSON ({error}); write {{\"NAME\": \"HASH\"}}") from error
    if not isinstance(accounts, dict) or not all(
            isinstance(value, str) and value.startswith("pbkdf2_") for value in accounts.values()):
        raise UnreadableFile(f"{path} holds {{\"NAME\": \"HASH\"}}, with hashes that 'datasette hash-password' prints")
    return {PLUGIN: {f"{name}_password_hash": {"$env": _keep(value)} for name, value in accounts.items()}
            | {"actors": {name: {"id": name, "name": name} for name in accounts}}}


def _keep(value: str) -> str:
    """The name under which a hash stands in the environment."""
    name = f"STEMMA_REVIEWER_{hashlib.sha256(value.encode()).hexdigest()[:16].upper()}"
    os.environ[name] = value
    return name
