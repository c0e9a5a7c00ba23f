#!/bin/sh
# SPDX-License-Identifier: MIT
# sdks.sh: the official SDKs judge $PLLM_MOCK, printing TAP. They are in $builddir/peers, where
# tests/peers/install has put them, and so are these files then: modules are looked for near
# who needs them. Where they are not, it fails, unless PLLM_OFFLINE=1 says why.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
dir=${builddir:-$here/../../build}/peers

if ! cmp -s "$here/package-lock.json" "$dir/installed"; then
	if [ "${PLLM_OFFLINE:-}" = 1 ]; then
		echo "1..0 # SKIP the SDKs are not installed, for PLLM_OFFLINE is set"
		exit 0
	fi
	echo "Bail out! the SDKs are not installed: run tests/peers/install $dir"
	exit 1
fi
cp "$here"/*.mjs "$dir/"
cd "$dir"
exec timeout 300 node --test-reporter=./tap.mjs all.mjs
