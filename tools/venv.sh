#!/bin/sh
# Makes .venv from requirements.lock and installs the checkout into it, editable. Done again only when the lock, the
# project's metadata or the checkout's place has changed. PYTHON names the interpreter to use.
set -eu
cd "$(dirname "$0")/.."

fail() {
    printf 'venv: %s\n' "$*" >&2
    exit 1
}

suitable() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        suitable "$PYTHON" || fail "PYTHON=$PYTHON is no Python 3.11 or newer that runs"
        printf '%s\n' "$PYTHON"
        return
    fi
    for candidate in python3 python3.13 python3.12 python3.11; do
        if suitable "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    fail "no Python 3.11 or newer on PATH ($(python3 --version 2>&1 || true)): install one, or name it with make PYTHON=…"
}

stamp() {
    pwd
    cat requirements.lock pyproject.toml
}

usable() {
    suitable .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1 &&
        { [ ! -f .venv/stamp ] || [ "$(head -n 1 .venv/stamp)" = "$(pwd)" ]; }
}

create() {
    python=$(find_python)
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "$python has no venv or ensurepip module: install it (on Debian and Ubuntu: apt install python3-venv)"
    rm -rf .venv
    "$python" -m venv .venv || fail "$python -m venv failed, see above"
}

if suitable .venv/bin/python && stamp | cmp -s - .venv/stamp; then
    exit 0
fi
usable || create
echo "venv: installing the packages of requirements.lock into .venv"
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_CACHE_DIR="${PIP_CACHE_DIR:-$(pwd)/.tools/pip}"
.venv/bin/python -m pip install --quiet --require-hashes --no-deps -r requirements.lock
.venv/bin/python -m pip install --quiet --no-build-isolation --no-deps -e .
stamp >.venv/stamp.part
mv .venv/stamp.part .venv/stamp
