#!/bin/bash
# The dissector of share/wireshark in tshark: it reads the example of docs/wire.md, whole captures of
# nodes and what is outside of sealed packets, marks what is malformed or damaged, and nothing else.
# test_dissector.sh ROOT MILLRACE SEALED_HEX
set -uo pipefail
export LC_ALL=C
root=$1
millrace=$(realpath "$2")
sealed_hex=$(realpath "$3")
for tool in tshark text2pcap; do
	command -v $tool >/dev/null || { echo "SKIP: no $tool"; exit 77; }
done
cd "$root" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
	failed=1
	echo "$*"
}
# dissect FILE TSHARK_ARGUMENTS...: an error of the script is one of the test. CRCs are computed where
# they are asked for.
dissect() {
	local file=$1 check=FALSE
	shift
	[[ $* != *crc.bad* ]] || check=TRUE
	tshark -X lua_script:share/wireshark/millrace.lua -o millrace.check_crc:$check -r "$file" "$@" \
		>"$work/out" 2>"$work/err" || fail "tshark $*: $(cat "$work/err")"
	if grep -iq 'lua' "$work/err" "$work/out"; then
		fail "tshark $*: $(grep -ih 'lua' "$work/err" "$work/out" | head -3)"
	fi
	cat "$work/out"
}
# count FILE FILTER
count() {
	dissect "$1" -Y "$2" -T fields -e frame.number | wc -l
}
expect() { # WHAT FOUND WANTED
	[ "$2" = "$3" ] || fail "$1: $2, wanted $3"
}

# The example, as it is.
awk '/^```hex/ { inside = 1; next } /^```/ { inside = 0 } inside' docs/wire.md | tr '\n' ' ' >"$work/hex"
read -ra bytes <"$work/hex"
[ ${#bytes[@]} -gt 100 ] || fail "docs/wire.md has no example"
payload=("${bytes[@]:42}")
# packet BYTES...: one for text2pcap, which puts Ethernet, IP and UDP in front.
packet() {
	echo "0000 $*"
}
pcap() { # FILE: packets from standard input
	text2pcap -q -u 7411,7412 - "$1" >"$work/text2pcap" 2>&1 || fail "$(cat "$work/text2pcap")"
}
echo "0000 ${bytes[*]}" | text2pcap -q - "$work/example.pcap" >/dev/null 2>&1
expect 'the example' "$(dissect "$work/example.pcap" -T fields -E separator=' ' \
	-e millrace.type -e millrace.from_node -e millrace.to_node -e millrace.from_incarnation \
	-e millrace.to_incarnation -e millrace.session -e millrace.message -e millrace.body_bytes \
	-e millrace.chunk -e millrace.chunks -e millrace.flow_seq -e millrace.flow \
	-e millrace.head -e millrace.body)" '3 0 1 100 101 1 2 5 0 1 1 0 6869 68656c6c6f'
expect 'malformed in the example' "$(count "$work/example.pcap" 'millrace.malformed || millrace.crc.bad')" 0

# Each byte of it damaged: its CRC tells, or it is none of ours.
for ((i = 0; i < ${#payload[@]}; i++)); do
	damaged=("${payload[@]}")
	damaged[i]=$(printf '%02x' $((0x${payload[i]} ^ 0x40)))
	packet "${damaged[@]}"
done | pcap "$work/damaged.pcap"
expect 'damaged' "$(count "$work/damaged.pcap" 'udp && !millrace')" 4
# A version that is not known is not looked at further.
expect 'damaged and told' "$(count "$work/damaged.pcap" 'millrace.crc.bad || millrace.malformed')" \
	$((${#payload[@]} - 4))

# Cut anywhere, or longer: malformed.
for ((i = 4; i < ${#payload[@]}; i++)); do
	packet "${payload[@]:0:i}"
done | pcap "$work/short.pcap"
expect 'too short' "$(count "$work/short.pcap" 'millrace.malformed')" $((${#payload[@]} - 4))
packet "${payload[@]}" 00 | pcap "$work/long.pcap"
expect 'too long' "$(count "$work/long.pcap" 'millrace.malformed')" 1

# A sealed talk: each packet's kind, and what is outside of it.
"$sealed_hex" >"$work/sealed.hex"
pcap "$work/sealed.pcap" <"$work/sealed.hex"
packets=$(wc -l <"$work/sealed.hex")
expect 'sealed' "$(count "$work/sealed.pcap" 'millrace.seal && !millrace.malformed')" "$packets"
expect 'kinds' "$(dissect "$work/sealed.pcap" -T fields -e millrace.seal.type | uniq | paste -sd' ')" \
	'1 2 3 4 1 2 3'
# By hand, from the bytes: index at 4, counter at 8, and what is left of the length.
awk '$4 == "03" { printf "0x%s%s%s%s %d %d\n", $9, $8, $7, $6, $10, NF - 1 - 32 }' \
	"$work/sealed.hex" >"$work/wanted"
dissect "$work/sealed.pcap" -Y 'millrace.seal.type == 3' -T fields -E separator=' ' \
	-e millrace.seal.receiver_index -e millrace.seal.counter -e millrace.seal.inner_bytes \
	>"$work/found"
cmp -s "$work/wanted" "$work/found" || fail "data: $(diff "$work/wanted" "$work/found")"
# A response is to the index that its initiation gave; a hint names the data before it.
awk '$4 == "01" || $4 == "02" { print "0x" $9 $8 $7 $6 }' "$work/sealed.hex" | uniq >"$work/wanted"
dissect "$work/sealed.pcap" -Y 'millrace.seal.type == 2' -T fields -e millrace.seal.receiver_index \
	>"$work/found"
cmp -s "$work/wanted" "$work/found" || fail "responses: $(diff "$work/wanted" "$work/found")"
expect 'hinted' "$(dissect "$work/sealed.pcap" -Y 'millrace.seal.type == 4' -T fields \
	-e millrace.seal.unknown_index)" \
	"$(awk '$4 == "04" { print last } { last = "0x" $9 $8 $7 $6 }' "$work/sealed.hex")"
"$sealed_hex" psk | pcap "$work/psk.pcap"
expect 'sealed by a shared key' "$(count "$work/psk.pcap" 'millrace.seal && !millrace.malformed')" \
	"$packets"
# Cut, on a port of ours, they are malformed; on another one, what is too short is nobody's.
while read -r _ bytes; do
	read -ra payload <<<"$bytes"
	packet "${payload[@]:0:31}"
	packet "${payload[@]:0:1}"
done <"$work/sealed.hex" >"$work/cut.hex"
pcap "$work/cut.pcap" <"$work/cut.hex"
expect 'sealed and cut' "$(count "$work/cut.pcap" 'millrace.malformed')" $((2 * packets))
text2pcap -q -u 9,10 "$work/cut.hex" "$work/cut.pcap" >/dev/null 2>&1
expect 'cut, elsewhere' "$(count "$work/cut.pcap" 'millrace')" 0
expect 'cut, on a port that it is told' "$(dissect "$work/cut.pcap" -o millrace.ports:10 \
	-Y millrace.malformed -T fields -e frame.number | wc -l)" $((2 * packets))
# Any of a node's ports, either way, and others.
for ports in 7426,9 1,7411 50000,50001; do
	text2pcap -q -u $ports "$work/sealed.hex" "$work/ports.pcap" >/dev/null 2>&1
	expect "on ports $ports" "$(count "$work/ports.pcap" 'millrace.seal')" "$packets"
done

# Whole nodes, on a bad network: all they say is understood.
run() { # FILE SIM ARGUMENTS...
	local file=$1 sim=$2
	shift 2
	"$millrace" run functions/wordcount/wordcount.mr text='file:host/*/*.c' --nodes 3 --sim "$sim" \
		--quiet --out counts=/dev/null --memory 192MiB --pcap "$file" "$@" || fail "no run: $sim"
}
run "$work/run.pcapng" 7,loss=0.02,dup=0.02,reorder=0.1
udp=$(count "$work/run.pcapng" udp)
[ "$udp" -gt 200 ] || fail "only $udp packets in a run"
expect 'understood' "$(count "$work/run.pcapng" millrace)" "$udp"
expect 'malformed' "$(count "$work/run.pcapng" 'millrace.malformed || millrace.crc.bad || _ws.malformed')" 0
dissect "$work/run.pcapng" -Y millrace.node.type -T fields -e _ws.col.Info >"$work/infos"
for name in LIST LISTED START GO BATCH MARK END; do
	grep -q " $name$" "$work/infos" || fail "no $name among the messages"
done
[ "$(count "$work/run.pcapng" 'millrace.ack.state == 3')" -gt 10 ] || fail "no message is acknowledged"
[ "$(count "$work/run.pcapng" 'millrace.ack.map')" -gt 0 ] || fail "no entry has a bitmap"
expect 'interfaces' "$(dissect "$work/run.pcapng" -T fields -e frame.interface_name | sort -u | paste -sd,)" \
	'node 0,node 1,node 2'
# What one node receives another has sent: nothing comes from nowhere.
for direction in 1 2; do
	dissect "$work/run.pcapng" -Y "millrace && frame.packet_flags_direction == $direction" \
		-T fields -e millrace.crc | sort -u >"$work/crcs$direction"
done
expect 'sent by nobody' "$(comm -23 "$work/crcs1" "$work/crcs2" | wc -l)" 0

# Damaged ones are told by their CRC; packets cut by the capture are not malformed.
run "$work/corrupt.pcapng" 7,corrupt=0.05
[ "$(count "$work/corrupt.pcapng" 'millrace.crc.bad && frame.packet_flags_direction == 1')" -gt 5 ] ||
	fail "damage is not seen"
expect 'damaged when sent' \
	"$(count "$work/corrupt.pcapng" 'millrace.crc.bad && frame.packet_flags_direction == 2')" 0
run "$work/snap.pcapng" 7 --pcap-snap 90
expect 'cut by the capture' "$(count "$work/snap.pcapng" 'millrace.malformed || millrace.crc.bad')" 0
[ "$(count "$work/snap.pcapng" 'millrace')" -gt 200 ] || fail "cut packets are not understood"
exit $failed
