#!/bin/bash
# `millrace bench polling` by its user: a sleeper costs nearly nothing and answers, in each mode.
# polling.sh MILLRACE PORT
# shellcheck source=tests/bench/figures.sh
. "$(dirname "$0")/figures.sh"
port=$2

bench polling --poll never
[ $? -eq 2 ] || fail "--poll never is no usage error"
grep -q 'always, adaptive or interrupt' "$work/err" || fail "it does not say what --poll takes"

two_cores_or_skip
bench polling --port "$port" --quick --runs 1 --ms 200 --json || fail "exit code $?"
measured_or_skip "$port.always.idle.cpu"
for mode in always adaptive interrupt; do
	for case in idle.first idle.first.p99 hot.cpu hot.first; do
		between "$port.$mode.$case" 0 1000000
	done
done
# Far from the bar, as other tests run beside this one: that it sleeps at all.
between "$port.always.idle.cpu" 10 101
between "$port.adaptive.idle.cpu" 0 10
between "$port.interrupt.idle.cpu" 0 10
bench polling --port "$port" --quick --runs 1 --ms 50 --poll interrupt || fail "exit code $?"
grep -q "^$port.interrupt.idle.cpu" "$work/out" || fail "--poll interrupt is not measured"
! grep -q "^$port.always" "$work/out" || fail "--poll interrupt measures always"
exit 0
