"""Builds the wheel and checks its content: our four packages and nothing else at the top, package data included."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

PACKAGES = {"archive", "crawlers", "pipeline", "datasette_config"}
DATA = (
    "archive/topics/kursk.toml", "archive/topics/template.toml", "crawlers/demo/truth.toml",
    "datasette_config/metadata.yaml", "datasette_config/templates/", "datasette_config/static/",
    "crawlers/demo/templates/", "crawlers/demo/pages/",
)
ROOT = Path(__file__).parent.parent


def main() -> None:
    """Exit with 1 and the reasons where the wheel is not as it must be."""
    shutil.rmtree(ROOT / "build", ignore_errors=True)  # what an earlier build left would be packed again
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "build", "--wheel", "--outdir", folder, str(ROOT)]
        built = subprocess.run(command, check=False, capture_output=True, text=True)
        if built.returncode:
            sys.exit(built.stdout + built.stderr)
        (wheel,) = Path(folder).glob("*.whl")
        names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    expected = PACKAGES | {name for name in top if name.endswith(".dist-info")}
    problems = [f"unexpected at the top: {name}" for name in sorted(top - expected)]
    problems += [f"missing package: {name}" for name in sorted(PACKAGES - top)]
    problems += [f"missing data: {data}" for data in DATA if not any(name.startswith(data) for name in names)]
    on_disk = {
        str(path.relative_to(ROOT)) for package in PACKAGES for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    problems += [f"not in the wheel: {name}" for name in sorted(on_disk - set(names))]
    print("\n".join(problems) or f"{wheel.name}: {len(names)} files, as it must be")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
