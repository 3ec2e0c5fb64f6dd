# Everything that is run by hand or by CI. `make demo` and `make test` need Python 3.11, pip and make, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LINTER := .venv-linter
REPLAY := .venv-replay
ALPHA := .venv-alpha
PORT ?= 8001
PEER = $(if $(NEWS_PLEASE),--news-please $(NEWS_PLEASE))

.PHONY: demo test check alpha soak replay bench bench-quick bench-large screenshots constraints clean

demo: $(VENV)/.core
	$(BIN)/stemma demo --port $(PORT)

test: $(VENV)/.test
	$(BIN)/python -m pytest -n 2 -m "not soak"

# A report, no gate: what of the site the newest alpha of Datasette 1.0 would break.
alpha: $(ALPHA)/.done
	-$(ALPHA)/bin/python -m pytest -q --tb=no -n 2 tests/datasette_config/test_pages.py tests/datasette_config/test_plugin.py \
		tests/datasette_config/test_trace_page.py tests/datasette_config/test_review.py

soak: $(VENV)/.test
	$(BIN)/python -m pytest -m soak --timeout=7200

# Other people's tools, in an environment of their own, on a package of the demo's archive.
replay: $(VENV)/.test $(REPLAY)/.done
	$(BIN)/python -m pytest -m replay

check: $(VENV)/.lint $(LINTER)/.done
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(LINTER)/bin/lint-imports --no-cache
	$(BIN)/python tools/check_wheel.py
	-timeout 900 $(MAKE) --no-print-directory alpha

# All write bench/results.json; the long ones, of half an hour and of hours, also the last section of docs/benchmarks.md
# and its curves. NEWS_PLEASE=PYTHON, an interpreter that has it, measures news-please on the same pages too.
bench: $(VENV)/.test
	$(BIN)/python -m bench $(PEER)

bench-quick: $(VENV)/.test
	$(BIN)/python -m bench --quick $(PEER)

bench-large: $(VENV)/.test
	$(BIN)/python -m bench --large $(PEER)

screenshots: $(VENV)/.test
	$(BIN)/python tools/screenshots.py docs

# The versions that were tested together: names and numbers only, no address of a registry.
constraints: $(VENV)/.lint
	$(BIN)/pip freeze --exclude-editable | grep -v -E '^(pip|setuptools|stemma-archive)[ =]' | sort -f > constraints.txt

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("stemma needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.test: $(VENV)/.core
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@

$(VENV)/.lint: $(VENV)/.test
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[lint]' build
	touch $@

# pip warns that the alpha is none of the versions that are asked for; that is the point.
$(ALPHA)/.done: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(ALPHA)
	$(ALPHA)/bin/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	$(ALPHA)/bin/pip install --quiet --disable-pip-version-check --pre --upgrade 'datasette>=1.0a0'
	touch $@

# An environment of its own: import-linter brings rich, which breaks Datasette's 404 pages.
$(LINTER)/.done: pyproject.toml
	$(PYTHON) -m venv $(LINTER)
	$(LINTER)/bin/pip install --quiet --disable-pip-version-check 'import-linter==2.*'
	touch $@

$(REPLAY)/.done:
	$(PYTHON) -m venv $(REPLAY)
	$(REPLAY)/bin/pip install --quiet --disable-pip-version-check 'pywb==2.10.*' 'wacz==0.6.*' setuptools
	touch $@

clean:
	rm -rf $(VENV) $(LINTER) $(REPLAY) $(ALPHA) build dist *.egg-info
