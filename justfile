# Everyday commands: `just` lists them, `just NAME` runs one. CONTRIBUTING.md says what each is for.

_list:
    @just --list --unsorted

# Scan the demo, as the README does
demo *ARGS:
    cargo run --release -- scan fixtures/contoso {{ ARGS }}

# Type-check everything, tests and benches included
check:
    cargo check --workspace --all-targets

# Run the tests; with a word, those whose names hold it
test *WORDS:
    cargo test --workspace {{ WORDS }}

# Format the code, and warn of what the lints know
lint:
    cargo fmt --all
    cargo clippy --workspace --all-targets -- -D warnings

# Run the tests of a folder of policies: their own, and the contract
policies FOLDER="policies":
    cargo run -- test {{ FOLDER }}

# Write the reports and pages that tests compare anew; read the difference before you commit it
bless:
    SNAPSHOTS=overwrite cargo test --test cli
    git status --short tests docs

# Play Azure on a loopback port from the demo, to try a live scan without a subscription
azure:
    cargo run -p tools --bin arm-server -- fixtures/contoso --port 8099

# Fuzz one parser for a minute; without a target, list them
fuzz TARGET="" SECONDS="60":
    fuzz/run '{{ TARGET }}' {{ SECONDS }}

# Check the dependencies: licences, bans, advisories, sources
deny:
    cargo deny check --hide-inclusion-graph

# All that CI runs
ci:
    .ci/run
