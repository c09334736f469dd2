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

# Scripts in it hold the absolute path that it was made at, so one that was moved is made anew.
here() { grep -qF "$(pwd)/$venv" "$venv/bin/activate" || grep -qF "$(pwd -P)/$venv" "$venv/bin/activate"; }
# One made by uv has no pip yet.
pip() { "$venv/bin/python" -m pip --version || "$venv/bin/python" -m ensurepip; }

if [ -x "$venv/bin/python" ] && here 2>/dev/null && pip >/dev/null 2>&1; then
    echo "==> keeping $venv ($("$venv/bin/python" --version))"
    exit 0
fi
echo "==> creating $venv with Python $found"
"$python" -m venv --clear "$venv" || fail \
    "$python could not create a virtual environment (its words are above)." \
    "On Debian and Ubuntu it lacks a package: apt-get install python3-venv" \
    "Elsewhere install a Python that has the modules venv and ensurepip, and name it: make PYTHON=…"
