#!/bin/bash
# doc-test runs what is marked to run, names the line of what fails, and leaves the rest alone.
set -euo pipefail
scripts=$1

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/tree/docs" "$work/build"
install /dev/null "$work/build/millrace" # there, and executable
cat >"$work/tree/README.md" <<'DOCUMENT'
```sh
scripts/demo
build/millrace
echo kept >README.md
```
```sh-norun
false
```
```
false
```
DOCUMENT
"$scripts/doc-test" "$work/build" "$work/tree" | grep -qx '1 blocks ran, 0 failed'
[ "$(head -n 1 "$work/tree/README.md")" = '```sh' ] # only its copy was changed

# shellcheck disable=SC2016 # fences, not commands
printf 'Text.\n\n1. In a list:\n\n   ```sh\n   true\n   false\n   ```\n' >"$work/tree/docs/bad.md"
said=$("$scripts/doc-test" "$work/build" "$work/tree") && exit 1
grep -q '^docs/bad.md:6: exit code 1' <<<"$said"
grep -qx '2 blocks ran, 1 failed' <<<"$said"
