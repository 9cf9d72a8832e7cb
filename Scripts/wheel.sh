# Sourced by scripts that take something out of a wheel that is pinned by its hash. They define root, venv and fail (STATUS MESSAGE).

# find_python: sets python to one that has pip, in .venv if need be.
find_python() {
    python=$venv/bin/python
    if [[ -x $python ]] && "$python" -m pip --version >/dev/null 2>&1; then return; fi
    python=${PYTHON:-python3}
    "$python" -m pip --version >/dev/null 2>&1 || {
        "$python" -m venv "$venv" >&2 || fail 69 "'$python -m venv' failed: see its message above"
        python=$venv/bin/python
    }
}

# download_wheel NAME FOLDER: the wheel that Scripts/NAME.txt pins, into a folder.
download_wheel() {
    local pins=Scripts/$1.txt work=$2 cause
    "$python" -m pip download --quiet --disable-pip-version-check --no-input --retries 1 --timeout 15 --no-deps --only-binary :all: \
        --require-hashes --requirement "$root/$pins" --dest "$work" 2>"$work/said" && return
    # Where there is no connection, pip says why in a warning, and in its last line only that nothing matched.
    cause=$(sed -n "s/^WARNING: Retrying .*>: \([^']*\)'.*/\1/p" "$work/said" | tail -n 1)
    [[ $cause ]] || cause=$(sed -n 's/^ERROR: //p' "$work/said" | tail -n 1)
    fail 69 "pip could not download the wheel of $pins (${cause:-see pip download})"
}
