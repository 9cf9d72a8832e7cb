# For scripts that look at pages in a browser: Chromium from Debian, and axe-core from the wheel that Tests/Browser/axe.txt pins, as axe.min.js
# in the current folder. Where one of them cannot be had, the script says so in a line that begins with "$title: skipped" and ends with 0.
# Sets $python. To be sourced, with $root and $title set.

skip() {
    echo "$title: skipped, as $*"
    exit 0
}

find_chromium() { command -v chromium-headless-shell || command -v chromium || command -v chromium-browser || command -v google-chrome; }

# Installs wheels of a list with hashes, in a folder of their own, or says why not.
wheels() {
    "$python" -m pip install --quiet --disable-pip-version-check --no-input --retries 1 --timeout 15 --no-deps --only-binary :all: \
        --require-hashes --requirement "$root/Tests/Browser/$1" --target "$2" --upgrade 2>pip.log || skip "$1 cannot be downloaded ($(tail -n 1 pip.log))"
}

if ! find_chromium >/dev/null; then
    command -v apt-get >/dev/null || skip "there is no Chromium, and no apt-get to install it"
    as_root=()
    ((EUID == 0)) || as_root=(sudo -n)
    { "${as_root[@]}" apt-get update -qq && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends chromium-headless-shell; } >apt.log 2>&1 ||
        skip "Chromium cannot be installed ($(tail -n 1 apt.log))"
fi

python=$root/.venv/bin/python
[[ -x $python ]] && "$python" -m pip --version >/dev/null 2>&1 || python=python3
if [[ ! -f axe.min.js ]]; then
    wheels axe.txt axe
    mv axe/axe_playwright_python/axe.min.js axe.min.js
    rm -rf axe
fi
