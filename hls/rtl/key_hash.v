// XXH64 of a key's 8 bytes (include/millrace/hash.h), and the partition of it: a row each cycle, out six
// cycles later. Each stage has one multiplication of 64 bits.
module key_hash (
	input clk,
	input rst,
	input [5:0] bits, // of the hash that say the partition, 0 to 12
	input [11:0] null_partition,
	input in_valid,
	input in_present, // its bit of validity
	input [63:0] in_key,
	input [31:0] in_row,
	output out_valid,
	output [11:0] out_partition,
	output [31:0] out_row
);
	localparam [63:0] P1 = 64'h9E3779B185EBCA87;
	localparam [63:0] P2 = 64'hC2B2AE3D27D4EB4F;
	localparam [63:0] P3 = 64'h165667B19E3779F9;
	localparam [63:0] P4 = 64'h85EBCA77C2B2AE63;
	localparam [63:0] P5 = 64'h27D4EB2F165667C5;
	localparam STAGES = 6;

	reg [63:0] round, rotated, mixed, second, third;
	reg [11:0] partition;
	reg [STAGES-1:0] valid, present;
	reg [31:0] row [0:STAGES-1];

	wire [63:0] seeded = (P5 + 64'd8) ^ rotated;
	wire [63:0] last = third ^ (third >> 32);
	// A shift by 64, of no bits at all, gives 0.
	wire [63:0] first_bits = last >> (7'd64 - {1'b0, bits});
	wire unused = &{1'b0, first_bits[63:12]};
	integer i;

	always @(posedge clk) begin
		round <= in_key * P2;
		rotated <= {round[32:0], round[63:33]} * P1;
		mixed <= {seeded[36:0], seeded[63:37]} * P1 + P4;
		second <= (mixed ^ (mixed >> 33)) * P2;
		third <= (second ^ (second >> 29)) * P3;
		partition <= present[STAGES-2] ? first_bits[11:0] : null_partition;
		row[0] <= in_row;
		for (i = 1; i < STAGES; i = i + 1)
			row[i] <= row[i-1];
		present <= {present[STAGES-2:0], in_present};
		valid <= rst ? {STAGES{1'b0}} : {valid[STAGES-2:0], in_valid};
	end

	assign out_valid = valid[STAGES-1];
	assign out_partition = partition;
	assign out_row = row[STAGES-1];
endmodule
