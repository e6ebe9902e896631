# What one does with this repository. On a fresh machine `make run` shows a small internet that works.
# Read next: Scripts/install-deps (what is installed, and why), .ci/run (what a build server does).
export SWIFT ?= swift
# A configuration of its own folder, so that a release build does not throw the tests' build away.
# Exclusivity is checked in every test; in a release build the check costs about two percent of a request.
UNCHECKED = -Xswiftc -enforce-exclusivity=unchecked
RELEASE = $(SWIFT) build -c release $(UNCHECKED) --product netstead
PROGRAM = .build/release/netstead
# The fuzzer's entrance and how long it runs; `make fuzz` alone lists the entrances.
ENTRY ?=
TIME ?= 60
DOCS ?= .build/docs

.PHONY: help run build test check bench fuzz docs golden install-deps install-deps-run install-deps-test install-deps-bench

help:
	@echo 'make run           install what is missing, build, start the lab, say where to look'
	@echo 'make test          all tests, those beside other programs (dig, curl, tshark, ...) too'
	@echo 'make check         the fast tests: none beside dig, curl, tshark or a browser'
	@echo 'make bench         speed beside nginx, Varnish, NSD, Knot, Unbound, Postfix, Dovecot, vsftpd, libtorrent, opentracker'
	@echo 'make fuzz          list the fuzzers; ENTRY=name TIME=seconds runs one'
	@echo 'make golden        renew the digests of the lessons'\'' traces: read the difference before it is kept'
	@echo 'make docs          manual pages and shell completions into $(DOCS)'
	@echo 'make install-deps  everything the above needs (Debian, Ubuntu)'

run: install-deps-run
	$(RELEASE)
	@echo
	@echo 'The console is at http://localhost:8000/ while the lab runs. In another terminal:'
	@echo '  $(PROGRAM) lab exec -- dig +trace www.garnet.test'
	@echo '  $(PROGRAM) lab exec -- curl -v http://www.garnet.test/'
	@echo '  $(PROGRAM) lab shell'
	@echo
	$(PROGRAM) lab

build:
	$(RELEASE)

test: install-deps-test
	$(SWIFT) build --build-tests
	Scripts/run-tests

check:
	$(SWIFT) build --build-tests
	Scripts/run-tests --skip PeerTests

golden:
	$(SWIFT) build --build-tests
	NETSTEAD_RENEW_GOLDEN=1 $(SWIFT) test --skip-build --no-parallel --filter LessonTests/repeats
	git --no-pager diff --stat Tests/Golden

bench: install-deps-bench
	$(SWIFT) build -c release $(UNCHECKED)
	python3 Benchmarks/bench_http.py
	python3 Benchmarks/bench_form.py
	python3 Benchmarks/bench_proxy.py
	python3 Benchmarks/bench_dns.py
	python3 Benchmarks/bench_dns.py --guards 1
	python3 Benchmarks/bench_resolver.py
	python3 Benchmarks/bench_mail.py
	python3 Benchmarks/bench_ftp.py
	python3 Benchmarks/bench_torrent.py
	python3 Benchmarks/bench_tracker.py
	python3 Benchmarks/bench_models.py
	python3 Benchmarks/bench_startup.py

fuzz:
	@Fuzz/run "$(ENTRY)" "$(TIME)"

docs: build
	mkdir -p $(DOCS)/man $(DOCS)/completions
	$(PROGRAM) manual $(DOCS)/man
	$(PROGRAM) --generate-completion-script bash > $(DOCS)/completions/netstead
	$(PROGRAM) --generate-completion-script zsh > $(DOCS)/completions/_netstead
	$(PROGRAM) --generate-completion-script fish > $(DOCS)/completions/netstead.fish

install-deps:
	Scripts/install-deps run walk test bench

install-deps-run:
	@Scripts/install-deps run walk

install-deps-test:
	@Scripts/install-deps run test

install-deps-bench:
	@Scripts/install-deps run bench
