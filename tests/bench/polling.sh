#!/bin/bash
# `millrace bench polling` by its user: a sleeper costs nearly nothing and answers, in each mode.
# polling.sh MILLRACE PORT
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
	timeout 120 "$millrace" bench polling "$@" >"$work/out" 2>"$work/err" </dev/null
}
median() { # CASE
	tr -d '\n\t' <"$work/out" | sed -nE "s/.*\"case\":\"$1\",\"unit\":\"[^\"]*\",\"median\":([^,]*),.*/\1/p"
}
check() { # CASE LEAST MOST
	local value
	value=$(median "$1")
	awk "BEGIN {exit !(\"$value\" + 0 > $2 && \"$value\" + 0 < $3)}" ||
		fail "$1 is \"$value\", not between $2 and $3"
}

bench --poll never
[ $? -eq 2 ] || fail "--poll never is no usage error"
grep -q 'always, adaptive or interrupt' "$work/err" || fail "it does not say what --poll takes"

if [ "$(nproc)" -lt 2 ]; then
	echo "SKIP: two workers need two cores"
	exit 77
fi
bench --port "$port" --runs 1 --ms 200 --json || fail "exit code $?"
reason=$(tr -d '\n\t' <"$work/out" | sed -nE 's/.*"case":"'"$port"'.always.idle.cpu","reason":"([^"]*)".*/\1/p')
if [ -n "$reason" ]; then
	echo "SKIP: $reason"
	exit 77
fi
for mode in always adaptive interrupt; do
	for case in idle.first idle.first.p99 hot.cpu hot.first; do
		check "$port.$mode.$case" 0 1000000
	done
done
# Far from the bar, as other tests run beside this one: that it sleeps at all.
check "$port.always.idle.cpu" 10 101
check "$port.adaptive.idle.cpu" 0 10
check "$port.interrupt.idle.cpu" 0 10
bench --port "$port" --runs 1 --ms 50 --poll interrupt || fail "exit code $?"
grep -q "^$port.interrupt.idle.cpu" "$work/out" || fail "--poll interrupt is not measured"
! grep -q "^$port.always" "$work/out" || fail "--poll interrupt measures always"
exit 0
