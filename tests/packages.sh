#!/usr/bin/env bash
# What is shipped installs into empty folders without a toolchain and runs the quick starts.
#   PY=python3 WHEELS=folder bash tests/packages.sh
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bare="$(dirname "$(command -v node)"):/usr/bin:/bin"
if PATH="$bare" command -v cargo >/dev/null; then
  echo "note: a toolchain is on the plain PATH too, so this run does not show that none is needed" >&2
fi

"${PY:-python3}" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --no-index "$WHEELS"/*.whl
(cd "$work" && PATH="$bare" "$work/venv/bin/python" "$root/examples/python/quickstart.py")

node "$root/bindings-node/pack.mjs" --binary "$(echo "$root"/bindings-node/trousse.*.node)"
mkdir "$work/app"
cp "$root/examples/node/checkout.mjs" "$work/app/"
cd "$work/app"
echo '{ "private": true }' > package.json
PATH="$bare" npm install --silent --no-audit --no-fund "$root"/bindings-node/dist/*.tgz
PATH="$bare" node checkout.mjs
echo "wheel and tarballs install and run without a toolchain"
