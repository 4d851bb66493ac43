// Kernel: rows by hash of their keys, as hls/partition.c has it. A row a cycle in both passes: eight cycles for
// a beat of keys in each. Memory is an in-order port for reads and one for writes, of 512 bits, each request
// taken when its valid and ready meet; what was read comes whenever it comes.
module partition (
	input clk,
	input rst,
	input start, // one cycle, with all arguments, which stay
	input [63:0] keys,
	input [63:0] validity,
	input [63:0] counts,
	input [63:0] order,
	input [63:0] status,
	input [31:0] rows,
	input [31:0] bits,
	input [31:0] null_partition,
	input [31:0] flags,
	input [63:0] stamp,
	output reg done, // one cycle

	output ar_valid,
	output [63:0] ar_addr,
	input ar_ready,
	input r_valid,
	input [511:0] r_data,

	output w_valid,
	output [63:0] w_addr,
	output [511:0] w_data,
	input w_ready
);
	localparam PARTITIONS = 4096;
	localparam FIFO = 32; // beats: what a memory of that latency has under way

	localparam IDLE = 4'd0, CLEAR = 4'd1, COUNT = 4'd2, PREFIX = 4'd3, SCATTER = 4'd4, FLUSH = 4'd5,
		DRAIN = 4'd6, FOLD = 4'd7, STATUS = 4'd8, LAST = 4'd9;
	localparam [1:0] TO_COUNTS = 2'd0, TO_ORDER = 2'd1, TO_STATUS = 2'd2;

	reg [3:0] state;
	wire nullable = flags[0];
	wire unused = &{1'b0, flags[31:1]};
	wire fault = bits > 32'd12 || (null_partition >> bits) != 32'd0;
	wire [12:0] partitions = 13'd1 << bits[3:0];
	wire passing = state == COUNT || state == SCATTER;
	wire [31:0] beats = (rows >> 3) + {31'd0, rows[2:0] != 3'd0};

	// Reading: a beat of validity, then the 64 beats of keys that it is of.
	reg [31:0] ask_beat;
	reg ask_keys;
	reg [5:0] in_flight, read_count;
	reg [4:0] read_put, read_get;
	reg [511:0] read_fifo [0:FIFO-1];
	wire ask_validity = nullable && ask_beat[5:0] == 6'd0 && !ask_keys;
	wire asked = ar_valid && ar_ready;
	wire [511:0] read_head = read_fifo[read_get];

	assign ar_valid = passing && ask_beat < beats && {1'b0, in_flight} + {1'b0, read_count} < FIFO;
	assign ar_addr = ask_validity ? validity + {32'd0, ask_beat[31:6], 6'd0}
				      : keys + {26'd0, ask_beat, 6'd0};

	reg [5:0] write_count; // beats that wait to be written

	// Rows: one of the beat at hand each cycle.
	reg have_keys, have_validity;
	reg [511:0] key_beat, validity_beat;
	reg [31:0] take_beat, row, rows_done;
	wire stall = write_count >= 6'd16; // sixteen more fit: more than rows are under way
	wire issue = have_keys && !stall;
	wire beat_ends = row[2:0] == 3'd7 || row == rows - 32'd1;
	wire want_validity = nullable && take_beat[5:0] == 6'd0 && !have_validity;
	wire take = passing && read_count != 6'd0 && (!have_keys || (issue && beat_ends));
	wire take_keys = take && !want_validity;

	wire row_valid;
	wire [11:0] row_partition;
	wire [31:0] row_number;
	key_hash hash (.clk(clk), .rst(rst), .bits(bits[5:0]), .null_partition(null_partition[11:0]),
		.in_valid(issue), .in_present(!nullable || validity_beat[row[8:0]]),
		.in_key(key_beat[{row[2:0], 6'd0} +: 64]), .in_row(row), .out_valid(row_valid),
		.out_partition(row_partition), .out_row(row_number));

	// Memories of a word for each partition. What is read is there a cycle later; a row that comes right
	// behind one of the same partition takes what that one has made of it.
	reg [31:0] count_memory [0:PARTITIONS-1];
	reg [511:0] fill_memory [0:PARTITIONS-1];
	reg [35:0] place_memory [0:PARTITIONS-1]; // the next beat, and rows in the one being filled
	reg [31:0] read_number;
	reg [511:0] read_fill;
	reg [35:0] read_place;
	reg [12:0] walk;
	reg walk_use; // the word of walk has been read
	wire [11:0] memory_address = passing ? row_partition : walk[11:0];

	reg b_valid, fresh;
	reg [11:0] b_partition, fresh_partition;
	reg [31:0] b_row, fresh_number;
	reg [511:0] fresh_fill;
	reg [35:0] fresh_place;
	wire forward = fresh && fresh_partition == b_partition;
	wire [31:0] number = (forward ? fresh_number : read_number) + 32'd1;
	wire [511:0] fill_before = forward ? fresh_fill : read_fill;
	wire [35:0] place_before = forward ? fresh_place : read_place;
	wire [511:0] filled = fill_before | ({480'd0, b_row} << {place_before[3:0], 5'd0});
	wire full = place_before[3:0] == 4'd15;
	wire [511:0] fill_after = full ? 512'd0 : filled;
	wire [35:0] place_after = {place_before[35:4] + {31'd0, full}, place_before[3:0] + 4'd1};

	// Writing.
	reg write_push;
	reg [1:0] write_stream;
	reg [31:0] write_index;
	reg [511:0] write_beat;
	reg [4:0] write_put, write_get;
	reg [545:0] write_fifo [0:FIFO-1];
	wire [1:0] head_stream;
	wire [31:0] head_index;
	wire written = w_valid && w_ready;

	assign {head_stream, head_index, w_data} = write_fifo[write_get];
	assign w_valid = write_count != 6'd0;
	assign w_addr = (head_stream == TO_COUNTS ? counts : head_stream == TO_ORDER ? order : status) +
		{26'd0, head_index, 6'd0};

	wire [511:0] keys_check, validity_check, counts_check, order_check;
	wire clear = state == CLEAR;
	beat_check check_keys (.clk(clk), .clear(clear), .add(state == COUNT && take_keys),
		.beat(read_head), .turn(take_beat[5:0]), .lanes(keys_check));
	beat_check check_validity (.clk(clk), .clear(clear), .add(state == COUNT && take && want_validity),
		.beat(read_head), .turn(take_beat[11:6]), .lanes(validity_check));
	beat_check check_counts (.clk(clk), .clear(clear), .add(written && head_stream == TO_COUNTS),
		.beat(w_data), .turn(head_index[5:0]), .lanes(counts_check));
	beat_check check_order (.clk(clk), .clear(clear), .add(written && head_stream == TO_ORDER),
		.beat(w_data), .turn(head_index[5:0]), .lanes(order_check));

	// Folding the checks: a lane a cycle, streams in the order of the arguments.
	localparam [63:0] P1 = 64'h9E3779B185EBCA87;
	localparam [63:0] P2 = 64'hC2B2AE3D27D4EB4F;
	wire [2047:0] all_lanes = {order_check, counts_check, validity_check, keys_check};
	reg [4:0] fold_lane;
	reg [63:0] fold_in, fold_out;
	wire [63:0] fold_before = fold_lane[4] ? fold_out : fold_in;
	wire [63:0] fold_round = fold_before + all_lanes[{fold_lane, 6'd0} +: 64] * P2;
	wire [63:0] fold_after = {fold_round[32:0], fold_round[63:33]} * P1;

	reg [31:0] first_beat;
	reg [511:0] counts_beat;
	wire [511:0] counts_filled = counts_beat | ({480'd0, read_number} << {walk[3:0], 5'd0});
	wire walk_last = walk == partitions - 13'd1;

	// What goes to memory, chosen apart from when state moves on.
	always @(*) begin
		write_push = 1'b0;
		write_stream = TO_STATUS;
		write_index = 32'd0;
		write_beat = 512'd0;
		case (state)
		PREFIX: begin
			write_push = walk_use && (walk[3:0] == 4'd15 || walk_last);
			write_stream = TO_COUNTS;
			write_index = {23'd0, walk[12:4]};
			write_beat = counts_filled;
		end
		SCATTER: begin
			write_push = b_valid && full;
			write_stream = TO_ORDER;
			write_index = place_before[35:4];
			write_beat = filled;
		end
		FLUSH: begin
			write_push = walk_use && read_place[3:0] != 4'd0;
			write_stream = TO_ORDER;
			write_index = read_place[35:4];
			write_beat = read_fill;
		end
		STATUS: begin
			write_push = 1'b1;
			write_beat = {256'd0, 63'd0, fault, fold_out, fold_in, stamp};
		end
		LAST: begin
			write_push = fold_lane == 5'd0;
			write_index = 32'd1;
		end
		default: ;
		endcase
	end

	always @(posedge clk) begin
		read_number <= count_memory[memory_address];
		read_fill <= fill_memory[memory_address];
		read_place <= place_memory[memory_address];
		if (clear || (state == COUNT && b_valid))
			count_memory[clear ? walk[11:0] : b_partition] <= clear ? 32'd0 : number;
		if (clear || (state == SCATTER && b_valid))
			fill_memory[clear ? walk[11:0] : b_partition] <= clear ? 512'd0 : fill_after;
		if ((state == PREFIX && walk_use) || (state == SCATTER && b_valid))
			place_memory[state == PREFIX ? walk[11:0] : b_partition] <=
				state == PREFIX ? {first_beat, 4'd0} : place_after;
		b_valid <= row_valid && !rst;
		b_partition <= row_partition;
		b_row <= row_number;
		fresh <= b_valid;
		fresh_partition <= b_partition;
		fresh_number <= number;
		fresh_fill <= fill_after;
		fresh_place <= place_after;
	end

	// The two queues.
	always @(posedge clk) begin
		if (r_valid)
			read_fifo[read_put] <= r_data;
		if (write_push)
			write_fifo[write_put] <= {write_stream, write_index, write_beat};
		if (rst) begin
			{read_put, read_get, write_put, write_get} <= 20'd0;
			{read_count, in_flight, write_count} <= 18'd0;
		end else begin
			read_put <= read_put + {4'd0, r_valid};
			read_get <= read_get + {4'd0, take};
			read_count <= read_count + {5'd0, r_valid} - {5'd0, take};
			in_flight <= in_flight + {5'd0, asked} - {5'd0, r_valid};
			write_put <= write_put + {4'd0, write_push};
			write_get <= write_get + {4'd0, written};
			write_count <= write_count + {5'd0, write_push} - {5'd0, written};
		end
	end

	// What a pass has asked for, taken and done; between passes it begins anew.
	always @(posedge clk) begin
		if (!passing) begin
			{ask_beat, take_beat, row, rows_done} <= 128'd0;
			{ask_keys, have_keys, have_validity} <= 3'd0;
		end else begin
			if (asked) begin
				ask_keys <= ask_validity;
				ask_beat <= ask_beat + {31'd0, !ask_validity};
			end
			if (take && want_validity)
				validity_beat <= read_head;
			if (take_keys) begin
				key_beat <= read_head;
				take_beat <= take_beat + 32'd1;
			end
			if (take)
				have_validity <= want_validity;
			have_keys <= take_keys || (have_keys && !(issue && beat_ends));
			row <= row + {31'd0, issue};
			rows_done <= rows_done + {31'd0, b_valid};
		end
	end

	always @(posedge clk) begin
		done <= 1'b0;
		if (rst) begin
			state <= IDLE;
		end else begin
			case (state)
			IDLE: begin
				walk <= 13'd0;
				walk_use <= 1'b0;
				first_beat <= 32'd0;
				counts_beat <= 512'd0;
				fold_lane <= 5'd0;
				fold_in <= 64'd0;
				fold_out <= 64'd0;
				if (start)
					state <= fault ? STATUS : CLEAR;
			end
			CLEAR: begin
				walk <= walk_last ? 13'd0 : walk + 13'd1;
				if (walk_last)
					state <= COUNT;
			end
			COUNT: if (rows_done == rows && !b_valid)
				state <= PREFIX;
			PREFIX: begin
				walk_use <= !walk_use && !stall;
				if (walk_use) begin
					first_beat <= first_beat + (read_number >> 4) +
						{31'd0, read_number[3:0] != 4'd0};
					counts_beat <= walk[3:0] == 4'd15 ? 512'd0 : counts_filled;
					walk <= walk_last ? 13'd0 : walk + 13'd1;
					if (walk_last)
						state <= SCATTER;
				end
			end
			SCATTER: if (rows_done == rows && !b_valid)
				state <= FLUSH;
			FLUSH: begin
				walk_use <= !walk_use && !stall;
				if (walk_use) begin
					walk <= walk + 13'd1;
					if (walk_last)
						state <= DRAIN;
				end
			end
			DRAIN: if (write_count == 6'd0)
				state <= FOLD;
			FOLD: begin
				fold_lane <= fold_lane + 5'd1;
				if (fold_lane[4])
					fold_out <= fold_after;
				else
					fold_in <= fold_after;
				if (fold_lane == 5'd31)
					state <= STATUS;
			end
			STATUS: begin
				fold_lane <= 5'd0;
				state <= LAST;
			end
			LAST: begin
				fold_lane <= 5'd1;
				if (fold_lane != 5'd0 && write_count == 6'd0) begin
					done <= 1'b1;
					state <= IDLE;
				end
			end
			default: state <= IDLE;
			endcase
		end
	end
endmodule
