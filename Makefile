# Two commands do all their own set-up: make demo, make test. They need Python 3.11 or newer and make.
PYTHON ?= python3
BIN := .venv/bin
MAKER := dist/maker/bin/python -m pip --disable-pip-version-check
READY := .venv/.ready
LOCK := uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
  --python-version 3.11 --quiet

.PHONY: demo test thorough install check bench chaos day lock wheels sbom catalogues clean

demo: $(READY)
	@exec $(BIN)/steward demo

test: $(READY)
	$(BIN)/python -m pytest -n 4 --dist loadgroup -m "not thorough"

# What `make test` leaves out, about ten minutes: more trackers and accounts on the same ways.
thorough: $(READY)
	$(BIN)/python -m pytest -n 4 --dist loadgroup -m thorough

install: $(READY)

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive --configfile pyproject.toml bot integrations languages prompts rules

# About 25 minutes, on a machine that does nothing else. Try: .venv/bin/python -m tests.benchmarks --help
bench: $(READY)
	$(BIN)/python -m tests.benchmarks

# About half an hour; with PostgreSQL where its server is installed. Try: .venv/bin/python -m tests.chaos --help
chaos: $(READY)
	$(BIN)/python -m tests.chaos

# An hour, and then some minutes for the quiet day that it is compared with.
day: $(READY)
	$(BIN)/python -m tests.chaos.day

# After a change of dependencies in pyproject.toml; needs uv.
lock:
	$(LOCK) --extra dev pyproject.toml --output-file requirements.lock
	$(LOCK) --group image --constraint requirements.lock pyproject.toml --output-file requirements-run.lock
	$(LOCK) --group validators --constraint requirements.lock --output-file requirements-validators.lock

# All that an installation without internet needs, for machines like this one: see deploy/offline.md.
wheels:
	rm -rf dist/wheels
	$(PYTHON) -m venv --clear dist/maker
	$(MAKER) download --quiet --require-hashes --only-binary :all: --dest dist/wheels --requirement requirements-run.lock
	$(MAKER) install --quiet --upgrade --no-index --find-links dist/wheels setuptools
	$(MAKER) wheel --quiet --no-deps --no-build-isolation --no-index --wheel-dir dist/wheels .
	cp requirements-run.lock dist/wheels
	cd dist/wheels && sha256sum * >SHA256SUMS

# What is in the product, with licences (CycloneDX): told of an installation that was made without internet.
sbom: wheels
	$(PYTHON) -m venv --clear dist/installed
	dist/installed/bin/pip install --quiet --no-index --find-links dist/wheels --require-hashes --requirement dist/wheels/requirements-run.lock
	dist/installed/bin/pip install --quiet --no-index --find-links dist/wheels --no-deps backlog-steward
	dist/installed/bin/pip uninstall --quiet --yes setuptools pip
	$(MAKER) install --quiet --require-hashes --requirement requirements-validators.lock
	dist/maker/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --gather-license-texts \
	  --output-format JSON --output-file dist/backlog-steward.cdx.json dist/installed/bin/python

# After a change of what the bot says: brings languages/*/*.po in line, and tells what is left to translate.
catalogues: $(READY)
	$(BIN)/python -m languages

clean:
	rm -rf .venv dist

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("backlog-steward needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || { echo "Creating .venv"; $(PYTHON) -m venv .venv; }
	@echo "Installing what requirements.lock pins (about a minute, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)
