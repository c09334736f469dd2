#!/bin/sh
# Writes the hashed pins that set-up installs. Needs uv. usage: scripts/lock.sh [--upgrade]
#
#   requirements.lock        what Tieout needs at run time, and the build backend of its members
#   requirements-dev.lock    tests, checks, and the tools that compile llama-cpp-python
#   requirements-local.lock  llama-cpp-python alone: an sdist, compiled where it is installed
#
# All three come out of one resolution, so that they can be installed one over the other. No index is
# named in them: pip asks the one that the machine is set up for.
set -eu
cd "$(dirname "$0")/.."
uv=${UV:-uv}
command -v "$uv" >/dev/null || { echo "lock: uv is not on the path; install it (pip install uv) or set UV=path" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

compile() { # output, arguments …
    out=$1
    shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
        --no-emit-index-url --no-emit-find-links \
        --no-emit-package tieout --no-emit-package tieout-core --no-emit-package tieout-tui \
        --no-emit-package tieout-code-shield --no-emit-package tieout-compute-estimator \
        --no-emit-package tieout-report-search --no-emit-package tieout-stock-lookup \
        --output-file "$out" "$@" >/dev/null
    echo "lock: $(grep -c '==' "$out") pins in $(basename "$out")"
}

# The pins in force are where the resolver starts from; --upgrade lets it move all of them.
cat requirements*.lock >"$work/all.lock" 2>/dev/null || true
compile "$work/all.lock" pyproject.toml --extra local --group build --group dev "$@"
compile "$work/requirements.lock" pyproject.toml --group build --constraint "$work/all.lock"
compile "$work/requirements-dev.lock" pyproject.toml --group build --group dev --constraint "$work/all.lock" \
    --no-emit-package llama-cpp-python
echo llama-cpp-python | compile "$work/requirements-local.lock" - --no-deps --constraint "$work/all.lock"

for name in requirements.lock requirements-dev.lock requirements-local.lock; do
    if grep -nE '://|file:|^-' "$work/$name"; then
        echo "lock: $name names an index or a path (above); nothing was written" >&2
        exit 1
    fi
    { printf '# Written by scripts/lock.sh (make lock); hashes are checked by pip.\n'; cat "$work/$name"; } >"$work/final"
    cp "$work/final" "$name"
done
