#!/bin/bash
# Compositions of operators, for which no function is written: from CSV, JSON lines and Arrow to the
# answers that awk gives, on one node and on three, simulated ones too; and what is said of what is wrong.
# run.sh MILLRACE
set -euo pipefail
export LC_ALL=C
millrace=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
	echo "$*"
	[ ! -f err ] || cat err
	exit 1
}
same() { # WHAT EXPECTED GOT
	cmp "$2" "$3" || { diff "$2" "$3" | head -5; fail "$1: another answer than the oracle's"; }
}

# 20,000 orders of 700 customers, prices in cents; some without a price.
awk 'BEGIN {
	print "id,customer,price"
	for (i = 1; i <= 20000; i++) {
		x = (x * 69069 + 12345) % 4294967296
		c = int(x / 65536) % 700
		p = int(x / 4096) % 100000
		printf "%d,c%d,%s\n", i, c, i % 50 == 0 ? "" : sprintf("%.2f", p / 100)
	}
}' >orders.csv
awk 'BEGIN { for (c = 0; c < 700; c += 2) printf "{\"customer\":\"c%d\",\"tags\":[1,{}],\"city\":\"town %d\"}\n", c, c % 9 }' \
	>customers.jsonl
"$millrace" table convert orders.csv orders.arrow --schema 'price:decimal128(9,2)' --quiet

cat >orders.mr <<'END'
operator paid {
    in orders as csv (id:int64, customer:utf8, price:decimal128(9, 2))
    out totals
    memory 16MiB + 3 x input
    steps {
        select price > 0 # of the others nothing is due
        aggregate n = count(), total = sum(price) by customer
        partition by customer
    }
}
operator all_of_it {
    in totals
    out totals
    memory 16MiB + 3 x input
    steps { aggregate n = sum(n), total = sum(total) by customer }
}
operator report {
    in totals
    out lines as csv
    memory 16MiB + 3 x input
    steps { sort total desc, customer }
}
composition turnover {
    in orders split line 64KiB
    out lines
    paid(orders = each orders) -> (totals)
    all_of_it(totals = key totals) -> (totals = whole)
    report(totals = all whole) -> (lines)
}

composition coarse {
    in orders split line 64KiB
    out lines
    paid_in_8(orders = each orders) -> (totals)
    all_of_it(totals = key totals) -> (totals = whole)
    report(totals = all whole) -> (lines)
}
operator paid_in_8 {
    in orders as csv (id:int64, customer:utf8, price:decimal128(9, 2))
    out totals
    memory 16MiB + 3 x input
    steps {
        select price > 0
        aggregate n = count(), total = sum(price) by customer
        partition by customer into 8
    }
}
operator both {
    in left
    in right
    out lines as csv
    steps { join right on customer = customer }
}
composition unlike {
    in orders
    out lines
    paid(orders = each orders) -> (totals)
    paid_in_8(orders = each orders) -> (totals = eighths)
    both(left = key totals, right = key eighths) -> (lines)
}

operator by_city {
    in orders
    in customers as jsonl (customer:utf8, city:utf8)
    out lines as csv
    memory 32MiB + 3 x input
    steps {
        join customers on customer = customer
        aggregate n = count(), total = sum(price) by city
        sort city
    }
}
composition cities {
    in orders
    in customers
    out lines
    by_city(orders = all orders, customers = all customers) -> (lines)
}

operator cheap {
    in orders as csv (id:int64, customer:utf8, price:decimal128(9, 2))
    out orders as csv
    memory 16MiB + 3 x input
    steps { select price < 10 }
}
composition filter {
    in orders split line 64KiB
    out cheap
    cheap(orders = each orders) -> (orders = cheap)
}

operator sizes {
    in files as bytes
    out lines as jsonl
    steps { project name = name, size = length(bytes); sort name }
}
composition list {
    in files
    out lines
    sizes(files = all files) -> (lines)
}
END
awk -F, 'NR > 1 && $3 > 0 { n[$2]++; t[$2] += $3 * 100 }
	END { for (c in n) printf "%s,%d,%.2f\n", c, n[c], t[c] / 100 }' orders.csv |
	sort -t, -k3,3nr -k1,1 >rows
{ echo customer,n,total && cat rows; } >expected

"$millrace" run orders.mr --composition turnover orders=file:orders.csv --memory 512MiB --out lines=got 2>err ||
	fail "it does not run"
same "one node" expected got
"$millrace" run orders.mr --composition turnover orders=file:orders.csv --nodes 3 --memory 512MiB --out lines=got 2>err ||
	fail "it does not run on three nodes"
same "three nodes" expected got
"$millrace" run orders.mr --composition turnover orders=file:orders.csv --nodes 3 --memory 512MiB \
	--sim 3,loss=0.02,fail=0.05,repeat=0.05 --out lines=got 2>err || fail "it does not run simulated"
same "three simulated nodes" expected got

"$millrace" run orders.mr --composition coarse orders=file:orders.csv --nodes 3 --memory 512MiB \
	--out lines=got 2>err || fail "eight partitions do not run"
same "eight partitions" expected got
rc=0
"$millrace" run orders.mr --composition unlike orders=file:orders.csv --memory 512MiB 2>err || rc=$?
[ $rc -eq 2 ] || fail "exit code $rc of keys in two numbers of partitions"
grep -q 'both takes by key what paid parts into 4096 and paid_in_8 into 8' err ||
	fail "two numbers of partitions are not told"

awk -F, 'NR > 1 { c = substr($2, 2); if (c % 2 == 0) { n[c % 9]++; t[c % 9] += $3 * 100 } }
	END { print "city,n,total"; for (i = 0; i < 9; i++) printf "town %d,%d,%.2f\n", i, n[i], t[i] / 100 }' \
	orders.csv >expected
"$millrace" run orders.mr --composition cities orders=file:orders.arrow customers=file:customers.jsonl \
	--memory 512MiB --out lines=got 2>err || fail "the join does not run"
same "a join" expected got

# The pieces of the result become one file, with one line of names.
awk -F, 'NR == 1 || ($3 != "" && $3 < 10)' orders.csv >expected
"$millrace" run orders.mr --composition filter orders=file:orders.csv --memory 512MiB --out cheap=got 2>err ||
	fail "the filter does not run"
same "a filter" expected got

mkdir in && cp customers.jsonl orders.arrow in
printf '{"name":"%s","size":%d}\n' customers.jsonl "$(stat -c %s customers.jsonl)" orders.arrow \
	"$(stat -c %s orders.arrow)" >expected
"$millrace" run orders.mr --composition list "files=file:$work/in/*" --memory 64MiB --out lines=got 2>err ||
	fail "the list does not run"
sed -i 's|"name":"[^"]*/|"name":"|' got
same "bytes" expected got

refused() { # WORDS STEPS [LINE...]
	local words=$1 steps=$2 rc=0
	shift 2
	{
		printf 'operator o {\n in a as csv (id:int64, customer:utf8, price:int64)\n out b as csv\n'
		printf ' steps { %s }\n' "$steps"
		[ $# -eq 0 ] || printf ' %s\n' "$@"
		printf '}\ncomposition c { in a; out b; o(a = all a) -> (b) }\n'
	} >wrong.mr
	"$millrace" run wrong.mr a=file:small.csv --memory 512MiB --out b=none 2>err || rc=$?
	[ $rc -eq 1 ] || [ $rc -eq 3 ] || fail "exit code $rc of: $steps"
	grep -qF "$words" err || fail "\"$words\" is not said of: $steps"
	[ ! -e none ] || fail "a result is left of: $steps"
}
printf 'id,customer,price\n1,a,5\n2,b,7\n' >small.csv
refused 'prize' 'select prize > 3'
refused 'slect' 'slect price > 3'
refused 'join' 'join nobody on id = id'
awk 'BEGIN { for (i = 0; i < 300000; i++) printf "%d,customer %d,%d\n", i, i, i }' >small.csv
refused '64 KiB that the steps may have' 'sort customer' 'memory 64KiB'
refused 'raise' 'select id >= 0' 'memory 64KiB'
refused 'time limit' 'sort customer, price, id' 'memory 48MiB' 'time 1ms'
cat >wrong.mr <<'END'
operator o {
    in a as csv (id:int64, customer:utf8, price:int64)
    in b as csv (id:int64, customer:utf8, price:int64)
    out c as csv
    memory 40MiB
    time 300ms
    steps {
        project k = 1
        join b on k = price
        aggregate n = count()
    }
}
composition c { in a; in b; out c; o(a = all a, b = all b) -> (c) }
END
sed 's/,[0-9]*$/,1/' small.csv >ones.csv
rc=0
timeout 60 "$millrace" run wrong.mr a=file:small.csv b=file:ones.csv --memory 512MiB --out c=none 2>err || rc=$?
[ $rc -eq 1 ] || fail "exit code $rc of a join without end"
grep -q 'time limit' err || fail "a join without end is not stopped by its time"
echo '1,a,lots' >>small.csv
refused 'line 300001, column 3 (price)' 'select id > 3'
exit 0
