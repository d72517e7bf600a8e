# Every target is a script in scripts/; `make` alone builds.
.PHONY: build demo test soak lint bench conformance conformance-proxy check-deploy fuzz test-kernels generate clean

build:
	@scripts/build.sh

demo: build
	@BREAK='$(BREAK)' scripts/demo.sh

test: build
	@scripts/test.sh $(SUITES)

soak: build
	@scripts/soak.sh $(TIMES)

lint: build
	@scripts/lint.sh

bench: build
	@scripts/bench.sh

conformance: build
	@scripts/conformance.sh

conformance-proxy: build
	@scripts/test.sh ScenarioTests

check-deploy: build
	@deploy/check.sh

fuzz: build
	@scripts/fuzz.sh $(COUNT) $(SEED)

test-kernels: build
	@KERNELS='$(KERNELS)' PARTS='$(PARTS)' scripts/test-kernels.sh

generate:
	@scripts/generate.sh

clean:
	rm -rf .build dist
