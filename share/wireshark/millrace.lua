--[[
Dissects the packets of Millrace's nodes in Wireshark and tshark; docs/wire.md is the format.

    tshark -X lua_script:share/wireshark/millrace.lua -r frames.pcapng -V

or put it into Wireshark's folder of personal plugins (Help, About, Folders). Packets are known by
their magic, on any UDP port, before other dissectors on those of the preference ports. Of sealed
packets only what is outside is seen: millrace.seal. Filters begin with "millrace."; what is wrong
with a packet is millrace.malformed. The CRC is looked at when the preference check_crc is on: it takes time.
]]

local millrace = Proto("millrace", "Millrace")

millrace.prefs.check_crc = Pref.bool("Check the CRC32C of each packet", false,
	"Computes it over the packet, and marks the packet when it differs. Takes time.")

-- A node has as many UDP ports, from its first one on, as I/O cores (MR_IO_CORES_MAX).
millrace.prefs.ports = Pref.range("UDP ports", "7411-7426", "Of nodes, one for each I/O core.", 65535)

local MAGIC, SEAL_MAGIC = 0x5457524d, 0xd7
local HEADER_BYTES, HELLO_BYTES, DATA_BYTES = 40, 12, 32
local ACK_BYTES, ECHO_BYTES, SMALL_BYTES, PROBE_BYTES = 20, 24, 14, 8
local NODE_HEAD_BYTES = 24
local HELLO, WELCOME, DATA, ACK, PROBE, RESET, SMALL = 1, 2, 3, 4, 5, 6, 7
local FLAG_PAYLOAD_CHECKED = 1
local FLAG_ANSWER = 2
local FLAGS = bit.bor(FLAG_PAYLOAD_CHECKED, FLAG_ANSWER)

-- Bounds of docs/wire.md, section by section.
local NODES, FLOWS, HEAD_BYTES_MAX = 64, 64, 256
local CHUNK_BYTES_MIN, CHUNK_BYTES_MAX, BODY_BYTES_MAX = 256, 9216, 4294967296
local WORDS_MAX = 17

local types = {
	[HELLO] = "HELLO", [WELCOME] = "WELCOME", [DATA] = "DATA", [ACK] = "ACK",
	[PROBE] = "PROBE", [RESET] = "RESET", [SMALL] = "SMALL",
}
local states = { [1] = "offered", [2] = "accepted", [3] = "delivered", [4] = "rejected" }
-- Of the heads that nodes give their messages (host/node/message.h).
local node_types = {
	[1] = "LIST", [2] = "LISTED", [3] = "START", [4] = "READY", [5] = "GO", [6] = "CODE_GET",
	[7] = "CODE", [8] = "BATCH", [9] = "MARK", [10] = "PROGRESS", [11] = "PING",
	[12] = "FAILED", [13] = "END", [14] = "ENDED",
	[15] = "REFUSED", [16] = "CORES", [17] = "EPOCH", [18] = "EPOCH_DONE",
}

-- Sealed packets (dataplane/seal/seal_wire.h).
local INITIATION, RESPONSE, SEALED, HINT = 1, 2, 3, 4
local SEAL_HEAD_BYTES, SEAL_TAG_BYTES = 16, 16
local seal_types = {
	[INITIATION] = "initiation", [RESPONSE] = "response", [SEALED] = "data", [HINT] = "hint",
}
local seal_patterns = { [1] = "IK", [2] = "IKpsk2", [3] = "NNpsk0" }
local seal_ciphers = { [1] = "AES-256-GCM", [2] = "ChaCha20-Poly1305" }
-- Bytes of an initiation by its pattern; a response has as many as NNpsk0's, a hint is all head.
local initiation_bytes = { [1] = 152, [2] = 152, [3] = 104 }
local RESPONSE_BYTES, HINT_BYTES = 104, 32

local f = {
	magic = ProtoField.uint32("millrace.magic", "Magic", base.HEX),
	version = ProtoField.uint8("millrace.version", "Version"),
	type = ProtoField.uint8("millrace.type", "Type", base.DEC, types),
	flags = ProtoField.uint16("millrace.flags", "Flags", base.HEX),
	payload_checked = ProtoField.bool("millrace.flags.payload_checked",
		"The CRC covers the body", 16, nil, FLAG_PAYLOAD_CHECKED),
	answer = ProtoField.bool("millrace.flags.answer",
		"To be answered at once", 16, nil, FLAG_ANSWER),
	from_node = ProtoField.uint16("millrace.from_node", "From node"),
	to_node = ProtoField.uint16("millrace.to_node", "To node"),
	crc = ProtoField.uint32("millrace.crc", "CRC32C", base.HEX),
	from_incarnation = ProtoField.uint64("millrace.from_incarnation", "From incarnation"),
	to_incarnation = ProtoField.uint64("millrace.to_incarnation", "To incarnation"),
	session = ProtoField.uint32("millrace.session", "Session"),
	packet = ProtoField.uint32("millrace.packet", "Packet"),

	message = ProtoField.uint64("millrace.message", "Message"),
	body_bytes = ProtoField.uint64("millrace.body_bytes", "Body bytes"),
	chunk = ProtoField.uint32("millrace.chunk", "Chunk"),
	chunks = ProtoField.uint32("millrace.chunks", "Chunks of the message"),
	chunk_bytes = ProtoField.uint16("millrace.chunk_bytes", "Chunk bytes"),
	unscheduled = ProtoField.uint16("millrace.unscheduled", "Chunks before credit"),
	flow_seq = ProtoField.uint32("millrace.flow_seq", "Flow sequence"),
	flow = ProtoField.uint16("millrace.flow", "Flow"),
	head_bytes = ProtoField.uint16("millrace.head_bytes", "Head bytes"),
	head = ProtoField.bytes("millrace.head", "Head"),
	body = ProtoField.bytes("millrace.body", "Body"),

	hello_session = ProtoField.uint32("millrace.hello.session", "Session of its messages"),
	hello_mtu = ProtoField.uint16("millrace.hello.mtu", "MTU"),
	hello_path_bytes = ProtoField.uint16("millrace.hello.path_bytes", "Path bytes"),
	hello_sleep_us = ProtoField.uint32("millrace.hello.sleep_us", "Sleep (us)"),
	hello_padding = ProtoField.bytes("millrace.hello.padding", "Padding"),

	echo_session = ProtoField.uint32("millrace.echo.session", "Session heard"),
	echo_packet = ProtoField.uint32("millrace.echo.packet", "Highest packet"),
	echo_ce = ProtoField.uint32("millrace.echo.ce", "Packets marked CE"),
	echo_delay = ProtoField.uint32("millrace.echo.delay_us", "Delay (us)"),
	echo_lane = ProtoField.uint32("millrace.echo.lane", "Small messages below"),
	echo_words = ProtoField.uint16("millrace.echo.words", "Words"),
	echo_duplicates = ProtoField.uint16("millrace.echo.duplicates", "Duplicate packets"),
	echo_map = ProtoField.uint64("millrace.echo.map", "Small messages here", base.HEX),

	ack = ProtoField.none("millrace.ack", "Entry"),
	ack_message = ProtoField.uint64("millrace.ack.message", "Message"),
	ack_cumulative = ProtoField.uint32("millrace.ack.cumulative", "Cumulative"),
	ack_grant = ProtoField.uint32("millrace.ack.grant", "Grant"),
	ack_state = ProtoField.uint8("millrace.ack.state", "State", base.DEC, states),
	ack_words = ProtoField.uint8("millrace.ack.words", "Words"),
	ack_code = ProtoField.uint16("millrace.ack.code", "Code"),
	ack_map = ProtoField.uint64("millrace.ack.map", "Chunks here", base.HEX),

	probe_message = ProtoField.uint64("millrace.probe.message", "Message"),

	small = ProtoField.none("millrace.small", "Small message"),
	small_number = ProtoField.uint32("millrace.small.number", "Number"),
	small_flow_seq = ProtoField.uint32("millrace.small.flow_seq", "Flow sequence"),
	small_body_bytes = ProtoField.uint16("millrace.small.body_bytes", "Body bytes"),
	small_flow = ProtoField.uint8("millrace.small.flow", "Flow"),
	small_head_bytes = ProtoField.uint16("millrace.small.head_bytes", "Head bytes"),

	reserved = ProtoField.bytes("millrace.reserved", "Reserved"),

	seal = ProtoField.none("millrace.seal", "Sealed"),
	seal_magic = ProtoField.uint8("millrace.seal.magic", "Magic", base.HEX),
	seal_version = ProtoField.uint8("millrace.seal.version", "Version"),
	seal_type = ProtoField.uint8("millrace.seal.type", "Type", base.DEC, seal_types),
	seal_suite = ProtoField.uint8("millrace.seal.suite", "Suite", base.HEX),
	seal_pattern = ProtoField.uint8("millrace.seal.pattern", "Handshake", base.DEC, seal_patterns,
		0xf0),
	seal_cipher = ProtoField.uint8("millrace.seal.cipher", "Cipher", base.DEC, seal_ciphers, 0x0f),
	seal_sender = ProtoField.uint32("millrace.seal.sender_index", "Sender's index", base.HEX),
	seal_receiver = ProtoField.uint32("millrace.seal.receiver_index", "Receiver's index",
		base.HEX),
	seal_unknown = ProtoField.uint32("millrace.seal.unknown_index", "Index that is not known",
		base.HEX),
	seal_counter = ProtoField.uint64("millrace.seal.counter", "Counter"),
	seal_noise = ProtoField.bytes("millrace.seal.noise", "Noise's message"),
	seal_mac = ProtoField.bytes("millrace.seal.mac", "MAC"),
	seal_ciphertext = ProtoField.bytes("millrace.seal.ciphertext", "Ciphertext"),
	seal_tag = ProtoField.bytes("millrace.seal.tag", "Tag"),
	seal_inner_bytes = ProtoField.uint32("millrace.seal.inner_bytes", "Bytes inside"),

	node = ProtoField.none("millrace.node", "Message between nodes"),
	node_version = ProtoField.uint8("millrace.node.version", "Version"),
	node_type = ProtoField.uint8("millrace.node.type", "Type", base.DEC, node_types),
	node_edge = ProtoField.uint32("millrace.node.edge", "Edge"),
	node_job = ProtoField.uint64("millrace.node.job", "Job"),
	node_arg = ProtoField.uint64("millrace.node.arg", "Argument", base.HEX),
}
local field_list = {}
for _, field in pairs(f) do
	field_list[#field_list + 1] = field
end
millrace.fields = field_list

local malformed = ProtoExpert.new("millrace.malformed", "Malformed", expert.group.MALFORMED,
	expert.severity.ERROR)
local bad_crc = ProtoExpert.new("millrace.crc.bad", "Wrong CRC32C", expert.group.CHECKSUM,
	expert.severity.ERROR)
millrace.experts = { malformed, bad_crc }

-- Is the packet in the capture as long as it was? What is missing then is nobody's fault.
local whole

-- What is wrong is said in the tree and in the list; later bytes are left as they are.
local function complain(tree, pinfo, text)
	if not whole then
		pinfo.cols.info:append(" [cut by the capture]")
		return false
	end
	tree:add_proto_expert_info(malformed, text)
	pinfo.cols.info:append(" [Malformed: " .. text .. "]")
	return false
end

-- CRC32C (Castagnoli), reflected, by table; bytes at `skip` and the three behind count as 0.
local crc_table
local function crc32c(tvb, bytes, skip)
	if crc_table == nil then
		crc_table = {}
		for i = 0, 255 do
			local value = i
			for _ = 1, 8 do
				local low = bit.band(value, 1)
				value = bit.rshift(value, 1)
				if low == 1 then
					value = bit.bxor(value, 0x82f63b78)
				end
			end
			crc_table[i] = value
		end
	end
	local raw = tvb:raw(0, bytes)
	local crc = bit.bnot(0)
	for i = 1, bytes do
		local byte = raw:byte(i)
		if i > skip and i <= skip + 4 then
			byte = 0
		end
		crc = bit.bxor(crc_table[bit.band(bit.bxor(crc, byte), 0xff)], bit.rshift(crc, 8))
	end
	return bit.bnot(crc)
end

-- Fields in a row: {field, bytes}. Returns the offset behind them.
local function add_row(tree, tvb, offset, row)
	for _, item in ipairs(row) do
		tree:add_le(item[1], tvb(offset, item[2]))
		offset = offset + item[2]
	end
	return offset
end

local function add_words(tree, field, tvb, offset, words, first)
	for i = 0, words - 1 do
		tree:add_le(field, tvb(offset + 8 * i, 8)):append_text(
			string.format(" (from %u)", (math.floor(first / 64) + i) * 64))
	end
end

-- The head of a message between nodes, if it looks like one. Returns its type's name, or nil.
local function add_head(tree, tvb, offset, bytes)
	if bytes == 0 then
		return nil
	end
	tree:add(f.head, tvb(offset, bytes))
	if bytes ~= NODE_HEAD_BYTES or node_types[tvb(offset + 1, 1):uint()] == nil then
		return nil
	end
	local node = tree:add(f.node, tvb(offset, bytes))
	local name = node_types[tvb(offset + 1, 1):uint()]
	add_row(node, tvb, offset, { { f.node_version, 1 }, { f.node_type, 1 } })
	add_row(node, tvb, offset + 4, { { f.node_edge, 4 }, { f.node_job, 8 }, { f.node_arg, 8 } })
	node:append_text(": " .. name)
	return name
end

local function name_append(pinfo, name)
	if name ~= nil then
		pinfo.cols.info:append(" " .. name)
	end
end

-- Behind the header, each type. They return whether all was well.

local function read_hello(tree, tvb, pinfo, version, type)
	local bytes = tvb:len() - HEADER_BYTES
	if bytes == 0 and (version == 1 or type == WELCOME) then
		return true
	end
	if bytes < HELLO_BYTES then
		return complain(tree, pinfo, "too short for a " .. types[type])
	end
	local offset = add_row(tree, tvb, HEADER_BYTES, {
		{ f.hello_session, 4 }, { f.hello_mtu, 2 }, { f.hello_path_bytes, 2 },
		{ f.hello_sleep_us, 4 },
	})
	if tvb:len() > offset then
		tree:add(f.hello_padding, tvb(offset))
	end
	return true
end

local function read_data(tree, tvb, pinfo)
	local offset = HEADER_BYTES
	if tvb:len() < offset + DATA_BYTES then
		return complain(tree, pinfo, "too short for DATA")
	end
	local message = tvb(offset, 8):le_uint64()
	local body_bytes = tvb(offset + 8, 8):le_uint64():tonumber()
	local chunk, chunk_bytes = tvb(offset + 16, 4):le_uint(), tvb(offset + 20, 2):le_uint()
	local flow, head_bytes = tvb(offset + 28, 2):le_uint(), tvb(offset + 30, 2):le_uint()
	offset = add_row(tree, tvb, offset, {
		{ f.message, 8 }, { f.body_bytes, 8 }, { f.chunk, 4 }, { f.chunk_bytes, 2 },
		{ f.unscheduled, 2 },
		{ f.flow_seq, 4 }, { f.flow, 2 }, { f.head_bytes, 2 },
	})
	pinfo.cols.info:append(string.format(" message %s chunk %u", tostring(message), chunk))
	if message == UInt64(0) then
		return complain(tree, pinfo, "message 0")
	elseif body_bytes == 0 or body_bytes > BODY_BYTES_MAX then
		return complain(tree, pinfo, "a body of that length")
	elseif chunk_bytes < CHUNK_BYTES_MIN or chunk_bytes > CHUNK_BYTES_MAX then
		return complain(tree, pinfo, "chunks of that length")
	elseif head_bytes > HEAD_BYTES_MAX then
		return complain(tree, pinfo, "a head of that length")
	elseif flow >= FLOWS then
		return complain(tree, pinfo, "a flow of that number")
	end
	local stream = head_bytes + body_bytes
	local chunks = math.floor((stream + chunk_bytes - 1) / chunk_bytes)
	tree:add(f.chunks, chunks):set_generated()
	pinfo.cols.info:append(string.format("/%u", chunks))
	if chunk >= chunks then
		return complain(tree, pinfo, "a chunk behind the last")
	end
	local wanted = math.min(chunk_bytes, stream - chunk * chunk_bytes)
	if tvb:reported_len() ~= offset + wanted then
		return complain(tree, pinfo, string.format("%u bytes of the message, not %u",
			tvb:reported_len() - offset, wanted))
	end
	if chunk == 0 and tvb:len() >= offset + head_bytes then
		name_append(pinfo, add_head(tree, tvb, offset, head_bytes))
		offset = offset + head_bytes
	end
	if tvb:len() > offset then
		tree:add(f.body, tvb(offset))
	end
	return true
end

-- Returns the offset behind it, or nil.
local function read_echo(tree, tvb, pinfo, offset)
	if tvb:len() < offset + ECHO_BYTES then
		complain(tree, pinfo, "too short for an echo")
		return nil
	end
	local words = tvb(offset + 20, 2):le_uint()
	local lane = tvb(offset + 16, 4):le_uint()
	offset = add_row(tree, tvb, offset, {
		{ f.echo_session, 4 }, { f.echo_packet, 4 }, { f.echo_ce, 4 }, { f.echo_delay, 4 },
		{ f.echo_lane, 4 }, { f.echo_words, 2 }, { f.echo_duplicates, 2 },
	})
	if words > WORDS_MAX or tvb:len() < offset + 8 * words then
		complain(tree, pinfo, "an echo with more words than there are")
		return nil
	end
	add_words(tree, f.echo_map, tvb, offset, words, lane)
	return offset + 8 * words
end

-- Returns the offset behind the entry, or nil.
local function read_ack_entry(tree, tvb, pinfo, offset)
	if tvb:len() < offset + ACK_BYTES then
		complain(tree, pinfo, "too short for an entry")
		return nil
	end
	local state, words = tvb(offset + 16, 1):uint(), tvb(offset + 17, 1):uint()
	local message, cumulative = tvb(offset, 8):le_uint64(), tvb(offset + 8, 4):le_uint()
	local length = math.min(ACK_BYTES + 8 * words, tvb:len() - offset)
	local entry = tree:add(f.ack, tvb(offset, length))
	offset = add_row(entry, tvb, offset, {
		{ f.ack_message, 8 }, { f.ack_cumulative, 4 }, { f.ack_grant, 4 }, { f.ack_state, 1 },
		{ f.ack_words, 1 }, { f.ack_code, 2 },
	})
	entry:append_text(string.format(": message %s %s, below %u", tostring(message),
		states[state] or "?", cumulative))
	pinfo.cols.info:append(string.format(" %s:%s", tostring(message), states[state] or "?"))
	if message == UInt64(0) or states[state] == nil then
		complain(entry, pinfo, "no such message or state")
		return nil
	elseif words > WORDS_MAX or tvb:len() < offset + 8 * words then
		complain(entry, pinfo, "an entry with more words than there are")
		return nil
	end
	add_words(entry, f.ack_map, tvb, offset, words, cumulative)
	return offset + 8 * words
end

local function read_ack(tree, tvb, pinfo, version)
	local offset = HEADER_BYTES
	if version > 1 then
		offset = read_echo(tree, tvb, pinfo, offset)
	end
	while offset ~= nil and offset < tvb:len() do
		offset = read_ack_entry(tree, tvb, pinfo, offset)
	end
	return offset ~= nil
end

local function read_probe(tree, tvb, pinfo)
	if (tvb:len() - HEADER_BYTES) % PROBE_BYTES ~= 0 then
		return complain(tree, pinfo, "half an id")
	end
	for offset = HEADER_BYTES, tvb:len() - PROBE_BYTES, PROBE_BYTES do
		tree:add_le(f.probe_message, tvb(offset, PROBE_BYTES))
	end
	return true
end

-- Returns the offset behind the message, or nil.
local function read_small_message(tree, tvb, pinfo, offset)
	if tvb:len() < offset + SMALL_BYTES then
		complain(tree, pinfo, "too short for a small message")
		return nil
	end
	local body_bytes, head_bytes = tvb(offset + 8, 2):le_uint(), tvb(offset + 12, 2):le_uint()
	local length = SMALL_BYTES + head_bytes + body_bytes
	local item = tree:add(f.small, tvb(offset, math.min(length, tvb:len() - offset)))
	local number = tvb(offset, 4):le_uint()
	local wrong = body_bytes == 0 or head_bytes > HEAD_BYTES_MAX or
		tvb(offset + 10, 1):uint() >= FLOWS or tvb(offset + 11, 1):uint() ~= 0
	local behind = offset + length
	offset = add_row(item, tvb, offset, {
		{ f.small_number, 4 }, { f.small_flow_seq, 4 }, { f.small_body_bytes, 2 },
		{ f.small_flow, 1 }, { f.reserved, 1 }, { f.small_head_bytes, 2 },
	})
	item:append_text(string.format(": number %u, %u bytes", number, body_bytes))
	pinfo.cols.info:append(string.format(" %u", number))
	if wrong or behind > tvb:len() then
		complain(item, pinfo, "a small message that is none, or cut")
		return nil
	end
	name_append(pinfo, add_head(item, tvb, offset, head_bytes))
	item:add(f.body, tvb(offset + head_bytes, body_bytes))
	return behind
end

local function read_small(tree, tvb, pinfo)
	local offset = read_echo(tree, tvb, pinfo, HEADER_BYTES)
	while offset ~= nil and offset < tvb:len() do
		offset = read_small_message(tree, tvb, pinfo, offset)
	end
	return offset ~= nil
end

local function read_reset(tree, tvb, pinfo)
	return tvb:len() == HEADER_BYTES or complain(tree, pinfo, "bytes behind the header")
end

local readers = {
	[HELLO] = read_hello, [WELCOME] = read_hello, [DATA] = read_data, [ACK] = read_ack,
	[PROBE] = read_probe, [RESET] = read_reset, [SMALL] = read_small,
}

-- Bytes from the front that the CRC covers: all, but the body of DATA that says so.
local function covered(tvb, version, type, flags)
	local all = tvb:len()
	if version == 1 or type ~= DATA or bit.band(flags, FLAG_PAYLOAD_CHECKED) ~= 0 or
		all < HEADER_BYTES + DATA_BYTES then
		return all
	end
	local front = HEADER_BYTES + DATA_BYTES
	if tvb(HEADER_BYTES + 16, 4):le_uint() == 0 then
		front = front + tvb(HEADER_BYTES + 30, 2):le_uint()
	end
	return math.min(front, all)
end

local function check_crc(tree, tvb, pinfo, bytes)
	if not whole then
		return
	end
	local found = crc32c(tvb, bytes, 12)
	if bit.tobit(found) ~= bit.tobit(tvb(12, 4):le_uint()) then
		tree:add_proto_expert_info(bad_crc,
			"Wrong CRC32C: the bytes make 0x" .. bit.tohex(found))
		pinfo.cols.info:append(" [Wrong CRC]")
	end
end

-- What is behind the head of a sealed packet of `bytes` (as it was on the wire), by its type.
-- Returns what is wrong, or nil.
local function seal_rest(tree, tvb, type, suite, bytes)
	local front = math.min(tvb:len(), bytes - SEAL_TAG_BYTES)
	local field, tail = f.seal_noise, f.seal_mac
	if type == INITIATION then
		tree:add_le(f.seal_sender, tvb(4, 4))
		if bytes ~= initiation_bytes[bit.rshift(suite, 4)] or
			seal_ciphers[bit.band(suite, 15)] == nil then
			return "no initiation of that suite and length"
		end
	elseif type == RESPONSE then
		tree:add_le(f.seal_receiver, tvb(4, 4))
		tree:add_le(f.seal_sender, tvb(8, 4))
		if bytes ~= RESPONSE_BYTES then
			return "no response of that length"
		end
	elseif type == SEALED then
		field, tail = f.seal_ciphertext, f.seal_tag
		tree:add_le(f.seal_receiver, tvb(4, 4))
		tree:add_le(f.seal_counter, tvb(8, 8))
		tree:add(f.seal_inner_bytes, tvb(SEAL_HEAD_BYTES, front - SEAL_HEAD_BYTES),
			bytes - SEAL_HEAD_BYTES - SEAL_TAG_BYTES):set_generated()
	elseif type == HINT then
		tree:add_le(f.seal_unknown, tvb(4, 4))
		tree:add_le(f.seal_counter, tvb(8, 8))
		if bytes ~= HINT_BYTES then
			return "no hint of that length"
		end
	else
		return "unknown type"
	end
	if front > SEAL_HEAD_BYTES then
		tree:add(field, tvb(SEAL_HEAD_BYTES, front - SEAL_HEAD_BYTES))
	end
	if tvb:len() == bytes then
		tree:add(tail, tvb(front, SEAL_TAG_BYTES))
	end
	return type ~= INITIATION and suite ~= 0 and "a suite where there is none" or nil
end

local function read_sealed(root_tree, tvb, pinfo)
	local tree = root_tree:add(f.seal, tvb())
	local bytes = tvb:reported_len()
	if bytes < SEAL_HEAD_BYTES + SEAL_TAG_BYTES or tvb:len() < SEAL_HEAD_BYTES then
		pinfo.cols.info = "sealed"
		return complain(tree, pinfo, "too short to be sealed")
	end
	local version, type, suite = tvb(1, 1):uint(), tvb(2, 1):uint(), tvb(3, 1):uint()
	local summary = string.format("sealed %s, index 0x%08x",
		seal_types[type] or "type " .. type, tvb(4, 4):le_uint())
	if type == SEALED then
		summary = summary .. string.format(", counter %s, %u bytes",
			tostring(tvb(8, 8):le_uint64()), bytes - SEAL_HEAD_BYTES - SEAL_TAG_BYTES)
	end
	pinfo.cols.info = summary
	tree:append_text(": " .. summary)
	add_row(tree, tvb, 0, { { f.seal_magic, 1 }, { f.seal_version, 1 }, { f.seal_type, 1 } })
	tree:add(f.seal_suite, tvb(3, 1))
	if version ~= 1 then
		return complain(tree, pinfo, "outer version " .. version)
	end
	if type == INITIATION then
		tree:add(f.seal_pattern, tvb(3, 1))
		tree:add(f.seal_cipher, tvb(3, 1))
	end
	local wrong = seal_rest(tree, tvb, type, suite, bytes)
	return wrong == nil or complain(tree, pinfo, wrong)
end

local function is_clear(tvb)
	return tvb:len() >= 4 and tvb(0, 4):le_uint() == MAGIC
end

-- A magic of one byte is not enough on a port that is anybody's.
local function is_sealed(tvb)
	return tvb:len() >= SEAL_HEAD_BYTES and tvb(0, 1):uint() == SEAL_MAGIC and
		tvb(1, 1):uint() == 1 and seal_types[tvb(2, 1):uint()] ~= nil and
		(tvb(3, 1):uint() == 0) == (tvb(2, 1):uint() ~= INITIATION) and
		tvb:reported_len() >= SEAL_HEAD_BYTES + SEAL_TAG_BYTES
end

local function on_our_port(tvb)
	return is_clear(tvb) or (tvb:len() > 0 and tvb(0, 1):uint() == SEAL_MAGIC)
end

function millrace.dissector(tvb, pinfo, root)
	if not on_our_port(tvb) then
		return 0
	end
	pinfo.cols.protocol = "Millrace"
	local tree = root:add(millrace, tvb())
	whole = tvb:len() == tvb:reported_len()
	if not is_clear(tvb) then
		read_sealed(tree, tvb, pinfo)
		return tvb:len()
	end
	if tvb:len() < HEADER_BYTES then
		pinfo.cols.info = "Millrace"
		complain(tree, pinfo, "too short for a header")
		return tvb:len()
	end
	local version, type = tvb(4, 1):uint(), tvb(5, 1):uint()
	local flags = tvb(6, 2):le_uint()
	local summary = string.format("%u > %u %s", tvb(8, 2):le_uint(), tvb(10, 2):le_uint(),
		types[type] or "type " .. type)
	pinfo.cols.info = summary
	tree:append_text(", " .. summary)
	add_row(tree, tvb, 0, { { f.magic, 4 }, { f.version, 1 }, { f.type, 1 } })
	local flag_tree = tree:add_le(f.flags, tvb(6, 2))
	flag_tree:add_le(f.payload_checked, tvb(6, 2))
	flag_tree:add_le(f.answer, tvb(6, 2))
	add_row(tree, tvb, 8, {
		{ f.from_node, 2 }, { f.to_node, 2 }, { f.crc, 4 }, { f.from_incarnation, 8 },
		{ f.to_incarnation, 8 }, { f.session, 4 }, { f.packet, 4 },
	})
	if version ~= 1 and version ~= 2 then
		complain(tree, pinfo, "version " .. version)
		return tvb:len()
	end
	if millrace.prefs.check_crc then
		check_crc(tree, tvb, pinfo, covered(tvb, version, type, flags))
	end
	if version == 1 and type == ACK then
		flags = 0 -- it is the packets that came with a mark
	end
	if bit.band(flags, bit.bnot(version == 1 and 0 or FLAGS)) ~= 0 then
		complain(tree, pinfo, "unknown flags")
	elseif tvb(8, 2):le_uint() >= NODES or tvb(10, 2):le_uint() >= NODES then
		complain(tree, pinfo, "a node of that number")
	elseif readers[type] == nil or (version == 1 and type == SMALL) then
		complain(tree, pinfo, "unknown type")
	else
		readers[type](tree, tvb, pinfo, version, type)
	end
	return tvb:len()
end

-- Elsewhere only what begins as ours does is ours: ports are configured.
local function is_ours(tvb, pinfo, root)
	if not is_clear(tvb) and not is_sealed(tvb) then
		return false
	end
	millrace.dissector(tvb, pinfo, root)
	return true
end

millrace:register_heuristic("udp", is_ours)

local udp_ports = DissectorTable.get("udp.port")
local ports_taken
local function ports_register()
	if ports_taken == millrace.prefs.ports then
		return
	end
	if ports_taken ~= nil then
		udp_ports:remove(ports_taken, millrace)
	end
	ports_taken = millrace.prefs.ports
	udp_ports:add(ports_taken, millrace)
end
millrace.prefs_changed = ports_register
ports_register()
