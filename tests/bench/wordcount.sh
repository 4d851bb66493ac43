#!/bin/bash
# `millrace bench wordcount` on a small text: all answers are equal, and its figures are there.
# wordcount.sh MILLRACE
set -u
millrace=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$millrace" bench >"$work/names" && grep -q '^  wordcount ' "$work/names" || exit 1
TMPDIR=$work "$millrace" bench wordcount --runs 1 --mib 2 --json >"$work/out" 2>"$work/err" ||
	{ cat "$work/out" "$work/err" && exit 1; }
for case in millrace plain tuned oracle plain.core; do
	grep -q "\"wordcount.$case\"" "$work/out" || { echo "no wordcount.$case" && exit 1; }
done
grep -q '"text":.*plain C' "$work/out" || { echo "no bars" && exit 1; }
[ -z "$(ls -d "$work"/millrace-bench-* 2>/dev/null)" ] || { echo "it leaves its folder" && exit 1; }
exit 0
