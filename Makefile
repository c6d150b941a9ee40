# Every target hands over to the launcher, which finds a Python, sets up what is missing and does the rest.
.DEFAULT_GOAL := help
.PHONY: help run test setup train adapt evaluate format bench lock clean

help: ## show this
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

run: ## set up what is missing, start Candour, stop with Ctrl-C
	@exec launch/start run

test: ## run every test, the quick ones first (stages: make test STAGES="lint unit")
	@exec launch/start test $(STAGES)

setup: ## set up and train without starting anything
	@exec launch/start setup

train: ## train the model if anything it is made from changed
	@exec launch/start train

adapt: ## teach the sentence encoders this domain anew from data/nlu; takes long
	@exec launch/start adapt

evaluate: ## measure how well the brain understands (PARTS="signals outcomes"; EVAL_DATA=folder of public sets)
	@exec launch/start evaluate $(PARTS)

format: ## format Python and sort imports
	@exec launch/start format

bench: ## run the benchmarks
	@exec launch/start bench $(NAMES)

lock: ## resolve the dependencies anew and write locks/
	@exec launch/start lock

clean: ## remove what was built, trained and cached
	@exec launch/start clean
