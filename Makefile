# What one can do here. PYTHON is only used to make .venv.
PYTHON ?= python3
PORT ?= 8000
export PORT
BIN = .venv/bin

.PHONY: help run test check coverage bench mutants screens model measures pins sbom deployment
help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

run: ## Run the whole service here, with a demo in it
	@$(PYTHON) tools/run.py

test: ## Run every test on every database and broker that can be had
	@$(PYTHON) tools/test.py $(ARGS)

check: ## Check style, types, imports, settings, migrations and libraries
	@$(PYTHON) tools/check.py

coverage: ## Run every test and print the branches that none goes through; takes three times as long
	@$(PYTHON) tools/test.py --cov

bench: ## Measure each part against its controls
	@$(BIN)/python -m benchmarks $(ARGS)

mutants: ## Show which small faults in FILE no test notices
	@$(BIN)/python tools/mutants.py $(FILE) $(if $(TESTS),--tests $(TESTS)) $(if $(LINES),--lines $(LINES))

screens: ## Take the pictures in docs/screens again
	@$(BIN)/python tools/screens.py $(ARGS)

model: ## Draw the data model in docs/model.mmd again
	@$(BIN)/python tools/model.py

measures: ## Write what each measure is into docs/insights.md again
	@$(BIN)/python tools/measures.py

sbom: ## Write what a release is made of into var/sbom.cdx.json (CycloneDX)
	@$(BIN)/python -m tools.sbom $(ARGS)

pins: ## Choose newer versions of what requirements/*.in name
	@$(PYTHON) tools/pins.py

deployment: ## Check docker-compose.yml and deploy/kubernetes, and run each service's command by hand
	@$(BIN)/python -m tools.compose_check
