# `make demo` and `make test` are all the set-up there is: as root they install what is missing and say so.

FLOWEXP := .build/release/flowexp

.PHONY: help demo build test lint bench bench-engine bench-peers torture eta-check python-check page-check sanitize clean dependencies

help:
	@echo 'make demo    build, run the experiment gmm_vs_gauss, report it'
	@echo 'make test    build and run every test'
	@echo 'make lint    check the format of the sources'
	@echo 'make bench   measure this machine, then ours beside the Python peers (makes .build/peers-venv; takes hours)'
	@echo 'make bench-engine          ours alone'
	@echo 'make bench-peers BENCH="--quick"   ours beside the peers, with options of Benchmarks/peers/run.py'
	@echo 'make torture MINUTES=60   try every promise of docs/reliability.md: kill, fill the disk, flip bits, ...'
	@echo 'make eta-check  compare the time left that sweeps show with the time that they take (some five minutes)'
	@echo 'make python-check   compare exports, files and metrics with NumPy, specs with the schema by jsonschema'
	@echo 'make page-check PAGES=report.html   axe-core, keyboard, narrow screens, print, HTML validator on pages'
	@echo 'make sanitize   run the kernels'\'' and the engine'\''s tests under AddressSanitizer and UBSan'
	@echo 'make clean   remove what was built (runs/ stays)'

dependencies:
	@bash Scripts/dependencies.sh

build: dependencies
	swift build -c release --product flowexp

demo: build
	$(FLOWEXP) sweep experiments/gmm_vs_gauss.json
	$(FLOWEXP) report --metric kl,bridge-mass

test: dependencies
	bash Scripts/test.sh

lint:
	swift format lint --strict --parallel --recursive Package.swift Sources Tests

bench: bench-engine bench-peers

bench-engine: build
	$(FLOWEXP) bench

BENCH ?=
bench-peers: build
	python3 Benchmarks/peers/run.py $(BENCH)

MINUTES ?= 60
TORTURE ?=
torture: build
	bash Scripts/torture/dependencies.sh
	python3 Scripts/torture --minutes $(MINUTES) $(TORTURE)

ETA ?=
eta-check: build
	python3 Scripts/eta_check.py $(FLOWEXP) --status $(ETA)

python-check: build
	python3 Scripts/numpy_check.py $(FLOWEXP)
	python3 Scripts/schema_check.py $(FLOWEXP)

# Pages and folders of pictures to check; without any, those of a small sweep.
PAGES ?=
page-check: build
	python3 Scripts/page_check.py --program $(FLOWEXP) $(PAGES)

sanitize:
	bash Scripts/sanitize.sh

clean:
	swift package clean
