# Every target is a script in scripts/; `make` alone builds.
.PHONY: build demo test lint bench conformance generate clean

build:
	@scripts/build.sh

demo: build
	@BREAK='$(BREAK)' scripts/demo.sh

test: build
	@scripts/test.sh $(SUITES)

lint: build
	@scripts/lint.sh

bench: build
	@scripts/bench.sh

conformance: build
	@scripts/conformance.sh

generate:
	@echo "make conformance: build
	@scripts/conformance.sh

generate: nothing is generated in this repository yet"

clean:
	rm -rf .build dist
