#!/bin/bash
# `millrace test --out` writes into a folder of somebody's and removes nothing there; `--accept`
# makes a case's out/ what was made, and no more. out_folder.sh MILLRACE
set -euo pipefail
millrace=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$millrace" new shout >/dev/null
"$millrace" build shout --kind native >/dev/null
for folder in made/hello/result shout/test/hello/out/result; do
	mkdir -p "$folder"
	echo mine >"$folder/notes"
done
"$millrace" test shout --sandbox native --accept
"$millrace" test shout --sandbox native --out made
echo mine | cmp - made/hello/result/notes
cmp made/hello/result/greeting shout/test/hello/out/result/greeting
if [ -e shout/test/hello/out/result/notes ]; then
	echo "--accept kept what is not made"
	exit 1
fi
