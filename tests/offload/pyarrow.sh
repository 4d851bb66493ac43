#!/bin/bash
# Tables travel between pyarrow and millrace both ways: pyarrow.sh MILLRACE
#
# pyarrow comes from PyPI, into a virtual environment of this test; skipped where that is out of reach.
set -u
millrace=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

if ! python3 -m venv "$work/venv" >"$work/log" 2>&1; then
	echo "SKIP: python3 makes no virtual environment: install python3-venv"
	exit 77
fi
if ! "$work/venv/bin/pip" install -q pyarrow >"$work/log" 2>&1; then
	echo "SKIP: pyarrow cannot be had from PyPI: $(tail -n 1 "$work/log")"
	exit 77
fi
python=("$work/venv/bin/python" "$here/pyarrow_tables.py")
must() {
	"$@" || { echo "failed: $*"; failed=1; }
}
convert() {
	must "$millrace" table convert --quiet "$@"
}

cd "$work" || exit 1
must "${python[@]}" make .

# Through millrace, from a file that is whole in a region, and message by message.
for name in whole.arrow slices.arrow v4.arrow file.feather deltas.arrow replaced.arrow; do
	convert $name back.arrow
	must "${python[@]}" compare $name back.arrow
	convert --from arrow --to arrow - - <$name >back.arrow
	must "${python[@]}" compare $name back.arrow
done

# What is not read is told.
refuse() { # TEXT FILE
	local said
	if said=$("$millrace" table convert "$2" refused.csv 2>&1) || ! grep -qF "$1" <<<"$said"; then
		echo "$2: wanted \"$1\", got: $said"
		failed=1
	fi
}
refuse 'write it without compression' compressed.arrow
refuse 'column 1 (l) is list, which is not read here' nested.arrow

# Text, in and out.
convert plain.csv plain.csv.arrow
convert plain.jsonl plain.jsonl.arrow
convert plain.csv.arrow plain.out.csv
convert plain.csv.arrow plain.out.jsonl
must "${python[@]}" check .
exit $failed
