#!/bin/sh
# Makes the virtual environment that the Makefile installs into, or keeps one that works.
# usage: scripts/setup_venv.sh PYTHON FOLDER
set -eu
python=$1
venv=$2

fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

command -v "$python" >/dev/null ||
    fail "no $python on the path." "Install Python 3.11 or newer, or name one: make PYTHON=python3.12 …"
found=$("$python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])')
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$python is Python $found; Tieout needs 3.11 or newer." "Name another one: make PYTHON=python3.12 …"

# The interpreter and pip must run, and scripts in it hold the absolute path that it was made at.
if "$venv/bin/python" -m pip --version >/dev/null 2>&1 &&
    grep -qF "VIRTUAL_ENV=" "$venv/bin/activate" && grep -qF "$(pwd)/$venv" "$venv/bin/activate"; then
    echo "==> keeping $venv ($("$venv/bin/python" --version))"
    exit 0
fi
echo "==> creating $venv with Python $found"
"$python" -m venv --clear "$venv" || fail \
    "$python could not create a virtual environment (its words are above)." \
    "On Debian and Ubuntu it lacks a package: apt-get install python3-venv" \
    "Elsewhere install a Python that has the modules venv and ensurepip, and name it: make PYTHON=…"
