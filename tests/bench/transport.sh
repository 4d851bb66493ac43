#!/bin/bash
# `millrace bench` by its user: names, errors, and a short run whose figures are there and positive.
# transport.sh MILLRACE PORT
set -u
millrace=$(realpath "$1")
port=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "$*"
	cat "$work/out" "$work/err"
	exit 1
}
bench() {
	timeout 120 "$millrace" bench "$@" >"$work/out" 2>"$work/err" </dev/null
}
# One case of the JSON: its median.
median() {
	tr -d '\n\t' <"$work/out" | sed -nE "s/.*\"case\":\"$1\",\"unit\":\"[^\"]*\",\"median\":([^,]*),.*/\1/p"
}
positive() {
	local value
	value=$(median "$1")
	awk "BEGIN {exit !(\"$value\" + 0 > 0)}" || fail "$1 is \"$value\""
}

bench || fail "without a name it fails"
grep -q '^  transport ' "$work/out" || fail "transport is not listed"
bench nothing
[ $? -eq 2 ] || fail "an unknown name is no usage error"
bench transport --port nowhere
[ $? -ne 0 ] || fail "an unknown port is no error"
bench transport --runs 0
[ $? -eq 2 ] || fail "--runs 0 is no usage error"

if [ "$(nproc)" -lt 2 ]; then
	echo "SKIP: two polling workers need two cores"
	exit 77
fi
bench transport --port "$port" --runs 1 --ms 800 --sizes 64KiB --json --case "$port.*" ||
	fail "exit code $?"
reason=$(tr -d '\n\t' <"$work/out" | sed -nE 's/.*"case":"'"$port"'.bulk.1500","reason":"([^"]*)".*/\1/p')
if [ -n "$reason" ]; then
	echo "SKIP: $reason"
	exit 77
fi
for case in raw.64 raw.1500.copied raw.pingpong.p50 requests.64 beside.p99 pingpong.65536.p50 \
	stream.65536 bulk.1500 bulk.9000 'bulk.1500.loss-1%'; do
	positive "$port.$case"
done
grep -q '"raw, copied"' "$work/out" || fail "bulk is beside no limit"
bench transport --port "$port" --runs 1 --ms 20 --case "$port.raw.64" --check
code=$?
[ $code -eq 0 ] || [ $code -eq 1 ] || [ $code -eq 77 ] || fail "--check: exit code $code"
exit 0
