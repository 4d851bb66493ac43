// The check of a stream of beats (hls/beat.h): eight sums of words, turned by the number of their beat.
module beat_check (
	input clk,
	input clear,
	input add,
	input [511:0] beat,
	input [5:0] turn,
	output reg [511:0] lanes
);
	genvar i;

	generate
		for (i = 0; i < 8; i = i + 1) begin : lane
			wire [63:0] word = beat[64*i +: 64];
			// A shift by 64 gives 0.
			wire [63:0] turned = (word << turn) | (word >> (7'd64 - {1'b0, turn}));

			always @(posedge clk)
				if (clear)
					lanes[64*i +: 64] <= 64'd0;
				else if (add)
					lanes[64*i +: 64] <= lanes[64*i +: 64] + turned;
		end
	endgenerate
endmodule
