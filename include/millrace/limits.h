/*
 * Every limit and tunable of Millrace, with its unit and the reason for its value.
 */
#ifndef MILLRACE_LIMITS_H
#define MILLRACE_LIMITS_H

/* Nodes and names. */
#define MR_NODES_MAX 64         /* nodes of a job; a key group map entry is one byte */
#define MR_NAME_BYTES_MAX 64    /* of a function, set or vertex, with its zero */
#define MR_URI_BYTES_MAX 4096   /* as PATH_MAX */
#define MR_ERROR_BYTES_MAX 1024 /* of a message to a user, with its zero */

/* Regions. */
#define MR_PAGE_BYTES 4096 /* pool granularity: a region mapped elsewhere owns whole pages */
#define MR_WIPE_PREFETCH_BYTES_MAX 32768 /* of a region, before it is wiped: as L1 caches hold */
#define MR_SETS_MAX 64                   /* of one function, in plus out: a set table stays small */
#define MR_SET_ITEMS_MAX (1u << 26)      /* items of one set: its table alone is then 2 GiB */
#define MR_MEMORY_BYTES_MIN \
	(48u << 20) /* of --memory for each node: below it nothing useful fits */

/* Compositions. */
#define MR_SOURCE_BYTES_MAX                                                               \
	(1u << 20)              /* of a *.mr text: it is read whole and sent to each node \
				 */
#define MR_DEFINITIONS_MAX 1024 /* functions and compositions of one text */
#define MR_VERTICES_MAX 256     /* of one plan, after nested compositions are expanded */
#define MR_EDGES_MAX 1024       /* of one plan */
#define MR_NESTING_MAX 16       /* compositions inside compositions, and parser recursion */
#define MR_EPOCHS_MAX 1000000   /* of one job: nothing goes on for ever */
#define MR_MERGE_KEYS_MAX 8     /* columns in the order of a merged result */
#define MR_RETRIES_DEFAULT 2    /* attempts after the first: transient trouble, not bugs */
#define MR_RETRIES_MAX 100
#define MR_TIME_LIMIT_MS_DEFAULT 60000        /* of one invocation */
#define MR_FUNCTION_MEMORY_DEFAULT (4u << 20) /* bytes beside the inputs: stack, data and heap */
/* and thousandths of the inputs' bytes: outputs are mostly no larger than inputs */
#define MR_FUNCTION_MEMORY_PER_INPUT_DEFAULT 1000

/* Sources, splits and files. */
#define MR_SOURCE_FILES_MAX                                                   \
	(1u << 20) /* files one input set may name: their list is one message \
		    */
#define MR_SPLIT_BYTES_DEFAULT \
	(4u << 20)                 /* large enough to amortise an invocation, small beside L3 */
#define MR_SPLIT_PROBE_BYTES 65536 /* one read while looking for the end of a line */
#define MR_IO_DEPTH 256            /* io_uring entries of one node */
#define MR_IO_BYTES_MAX (1u << 20) /* of one read or write: bounds the latency behind it */

/* Transport; docs/wire.md says how they act together. */
#define MR_WIRE_PORT_DEFAULT 7411 /* UDP port of a node */
#define MR_MTU_DEFAULT 1500       /* bytes of an IP packet: Ethernet's */
#define MR_MTU_MAX 9216           /* jumbo frames as switches know them */
#define MR_MESSAGE_BYTES_MAX (1ull << 32)
#define MR_MESSAGES_OUT_MAX 1024 /* to one peer, unfinished; width of the receiver's window */
#define MR_SMALL_BYTES_MAX                                                                      \
	1024                   /* head and body of a message that needs no offer: fits a packet \
				*/
#define MR_INBOX_PACKETS 64    /* of small messages, taken before the user: two bursts */
#define MR_INBOX_BYTES 2048    /* of them, taken before their answers go: two packets */
#define MR_MESSAGES_IN_MAX 256 /* from one peer, being received at once */
#define MR_UNSCHEDULED_BYTES 65536 /* a message may send before it has credit: about one RTT */
#define MR_CHUNK_WINDOW 1024       /* packets of one message in flight: width of the SACK map */
#define MR_FLOWS_MAX 64            /* ordered flows to one peer */
#define MR_RTO_US_MIN 50           /* several round trips between hosts that poll */
#define MR_RTO_FLOOR_US_MAX 20000  /* of a peer that answers late now and then: time slices */
#define MR_RTO_FLOOR_MS 1000       /* then it halves */
#define MR_RTT_BASE_MS 10000 /* the shortest round trip of one to two such spans is the base */
#define MR_RTO_US_MAX 1000000
#define MR_RTO_AWAKE_US 500     /* since a peer was heard: what is missing was lost */
#define MR_RTO_DOUBLINGS_MAX 16 /* of the least timeout: more than the most */
#define MR_RTO_US_INITIAL 3000  /* before the first RTT sample; who sleeps has mostly looked */
#define MR_PEER_TIMEOUT_MS_DEFAULT 10000 /* silence, while something is owed, that means dead */
#define MR_PEER_TIMEOUT_MS_CLUSTER                                                                \
	750                            /* millraced's: a job's client knows of a death within 1 s \
					*/
#define MR_PEER_TIMEOUT_MS_LEAST 20    /* several times what a node may sleep */
#define MR_PEER_TIMEOUT_MS_MOST 600000 /* as long as anyone would wait for a dead node */
#define MR_ARP_RETRY_MS_FIRST 25       /* doubled from there: both ends may sleep 10 ms each */
#define MR_ARP_RETRY_MS 200            /* at most: a broadcast, and a peer may come at any time */
#define MR_ARP_LIFETIME_MS 60000

/* Transport: credit and packets in flight. */
#define MR_CREDIT_BYTES (1u << 20) /* granted by one node, not yet here: fits a ring port */
#define MR_CREDIT_BYTES_MIN                                                                  \
	131072                 /* of that bound, under marks: a shallow switch port's buffer \
				*/
#define MR_CREDIT_PEERS 4      /* share it when more want some: others' links may be slow */
#define MR_CREDIT_OLDEST 8     /* one turn in so many is not the shortest's: Homa's share */
#define MR_GRANT_BYTES 32768   /* one turn of a message in the round robin of credit */
#define MR_ANSWER_PARTS 8      /* of credit: of so many parts one may come before an answer */
#define MR_ANSWERS_PER_ROUND 4 /* a sender asks for: fewer would miss a timeout's deadline */
#define MR_TURN_BYTES 32768    /* of a message before the next one's turn: a burst's worth */
#define MR_STASH_CHUNKS 64     /* first chunks of a peer kept until they are accepted */
#define MR_FLIGHT_PACKETS 4096 /* to one peer, not yet known to be there or lost */
#define MR_FLIGHT_BYTES_INITIAL 16384  /* congestion window at first: RFC 6928's ten packets */
#define MR_FLIGHT_IDLE_MS 100          /* after it a larger window is that again */
#define MR_DELAY_US_TARGET 50          /* of queues: half a switch port's buffer at 10 Gbit/s */
#define MR_DELAY_US_TARGET_MEMORY 1000 /* there: a ring of 1024 frames before a busy core */
#define MR_REORDER_STEPS_MAX 16        /* quarters of a round trip packets may overtake by */
#define MR_FLIGHT_BYTES_MAX (8u << 20) /* and at most: 40 Gbit/s over 1.6 ms */
#define MR_LOSS_SHARE 50           /* one packet in so many is lost without a queue: BBR's 2 % */
#define MR_LOSS_PACKETS 1024       /* at least, which that share is of: fewer stray too far */
#define MR_REORDER_PACKETS 3       /* overtaken by so many, a packet is lost: RFC 9002 6.1.1 */
#define MR_PATH_BYTES_BASE 1280    /* of an IP packet, until more is known: IPv6's least */
#define MR_PATH_ROUNDS 3           /* of asking for lengths: RFC 8899's MAX_PROBES */
#define MR_PATH_CHANCE 1000000     /* before messages fail: loss would look so once in so many */
#define MR_PATH_SUSPECT_TIMEOUTS 3 /* in a row: long packets may vanish where short ones pass */
#define MR_PATH_SUSPECT_LOST 64    /* long packets, and none that arrived: the same */
#define MR_PATH_ROUND_US 20000     /* as long as the first HELLO waits */
#define MR_PATH_RAISE_MS 600000    /* between searches for more: RFC 8899's PMTU_RAISE_TIMER */
#define MR_PATH_RETRY_MS 1000      /* the same, when nothing at all was answered */
#define MR_STALL_TIMEOUTS 4   /* peer timeouts without progress, though the peer answers, ... */
#define MR_STALL_AGAIN 16     /* ... and chunks sent again: 4 for each, at the longest timeout */
#define MR_ANSWER_US 1000     /* between answers to whom we do not know yet ... */
#define MR_ANSWERS_BURST 16   /* ... after so many at once */
#define MR_ARP_REPLIES_MAX 16 /* waiting to be sent; who gets none asks again */

/* Sealing; docs/security.md says how they act together. */
#define MR_SEAL_REPLAY_WORDS 64  /* of 64 counters; one is slack: RFC 6479 */
#define MR_SEAL_REKEY_MS 120000  /* an initiator renews its keys: as WireGuard */
#define MR_SEAL_REJECT_MS 180000 /* nothing is sealed or opened by older keys */
#define MR_SEAL_REKEY_FRAMES                                                                       \
	(1u << 22)                       /* half of what follows: seconds of line rate to do it in \
					  */
#define MR_SEAL_REJECT_FRAMES (1u << 23) /* by one key of AES-GCM: RFC 9001 6.6 */
#define MR_SEAL_REKEY_BYTES (1ull << 35) /* by one key: 2^31 blocks, a long way from 2^64 / 2 */
#define MR_SEAL_RETRY_MS 100 /* of an initiation, doubled: a cluster's round trip x 100 */
#define MR_SEAL_RETRY_MS_MAX \
	200 /* a peer that restarts is met well within MR_PEER_TIMEOUT_MS_CLUSTER */
#define MR_SEAL_ATTEMPT_MS 5000 /* tried so long after the last frame that wanted out */
#define MR_SEAL_SILENCE_MS 200  /* frames unanswered so long: the peer may have lost our keys */
#define MR_SEAL_KEEPALIVE_MS 50 /* a frame heard is answered by then, if only by an empty one */
#define MR_SEAL_INITIATION_MS_MIN 20 /* between two of one peer: a replay costs no more */
#define MR_SEAL_HINT_OUT_MS 20       /* between two to one peer: as initiations are taken */
#define MR_SEAL_HINT_IN_MS 1000  /* between two believed of one peer: a handshake is cheap then */
#define MR_SEAL_HINT_FRAMES 4096 /* back from the last: what may be under way */
#define MR_SEAL_INITIATIONS_PER_SECOND                                                      \
	500                           /* taken of all together: each costs 0.2 ms of a core \
				       */
#define MR_SEAL_INITIATIONS_BURST 128 /* at once: all others of a network, twice */
#define MR_SEAL_HELD_BYTES \
	9152 /* of the one payload of a peer that waits for keys: HELLO, padded */
#define MR_SEAL_PEER_SESSIONS 4 /* keys at once: previous, current, next, being made */

/* Ports. */
#define MR_CLOCK_LOOK_US                                                                      \
	1000             /* a polling loop's clock looks at the system's: a thousandth of its \
			    error in rate, and of its cost */
#define MR_PORT_BURST 32 /* frames: DPDK's customary burst */
#define MR_PORT_SEGMENTS_MAX 4     /* pieces of one frame we send: headers plus payload pieces */
#define MR_PORT_CACHE_MBUFS 128    /* a thread keeps of a pool: four bursts without its lock */
#define MR_PORT_LEND_BYTES_MIN 512 /* of a body sent from its region: a copy of less is cheaper */
#define MR_PORT_LEND_COPIED_BYTES_MIN \
	2048                      /* where the driver copies: from an aligned copy it is as fast */
#define MR_SPREAD_FRAMES 256      /* waiting between two I/O cores: eight bursts */
#define MR_RING_SLOTS 1024        /* frames queued toward one node on the in-process port */
#define MR_POLL_HOT_US 50         /* keep polling this long after the last frame */
#define MR_POLL_SLEEP_US_MAX 2000 /* then back off to this, without a doorbell, */
#define MR_POLL_IDLE_MS 100       /* and without work for so long */
#define MR_POLL_SLEEP_US_IDLE 10000 /* to this: waking up takes 20 to 80 us of a core */
#define MR_POLL_WAKE_US 100         /* with a doorbell: a frame waits until its owner is awake */
#define MR_POLL_LOOK_MS 1000        /* even so, the port's statistics are looked at */
#define MR_POLL_LOOK_MEMIF_MS 100   /* and whether a peer has taken the place of another */
#define MR_POLL_CONNECT_MS 20       /* without a peer: whether one has come */

/* Captures of frames. */
#define MR_CAPTURE_RING_BYTES (8u << 20) /* of one link: 6 ms of 10 Gbit/s while a disk is slow */
#define MR_CAPTURE_PAUSE_US 2000         /* between looks of the writer at its rings */
#define MR_CAPTURE_BYTES_DEFAULT (1ull << 30) /* of a file: forgotten, it must not fill a disk */

/* Hand-over between nodes of one host; docs/attach.md. */
#define MR_ATTACH_SLOTS 1024     /* messages on their way one way: 256 KiB */
#define MR_ATTACH_LOANS_MAX 4096 /* regions lent to one peer: more than stores hold in memory */
#define MR_ATTACH_POLL_MS 20   /* between looks at sockets: what a peer's death may go unnoticed */
#define MR_ATTACH_RETRY_MS 500 /* between looks for a peer that is not there */

/* Nodes. */
#define MR_WORKERS_MAX 64  /* threads of one node */
#define MR_IO_CORES_MAX 16 /* of one node: queues that a NIC gives one function, and enough */
#define MR_CAPTURE_TAPS_MAX \
	128 /* links of one capture: all nodes with two cores, and more of few */
#define MR_CORE_RING_SLOTS                                                                       \
	2048             /* requests to an I/O core, and events from it: what two peers may have \
			  * unfinished; more wait their turn */
#define MR_CONTROL_MS 10 /* between steps of the controller of cores: 20 within what it has */
#define MR_SLICE_MS 10   /* a task that has a worker for longer is long: thousands of short ones */
#define MR_SLICES_ALIKE_MS                                                                      \
	1000                  /* a task waits as long for others of its own kind: no batch does \
			       */
#define MR_SLICES_KEPT_MS 100 /* spares stay after the last need of them: ten looks at it */
#define MR_SLICES_MAX 16      /* tasks that share a core: each gets a slice in 50 ms or so */
#define MR_SLICES_DEFAULT 8   /* a thread and 2 MiB of address space each; half of that */
#define MR_SPARES_MAX 256     /* spare workers of one node, whatever its cores */
#define MR_WORKER_HOT_US 50   /* a worker looks for more work before it sleeps: as MR_POLL_HOT_US */
#define MR_CALLS_MAX 65536    /* unfinished calls of one node: seconds of work behind the workers */
#define MR_JOBS_MAX 64        /* unfinished on one node */
#define MR_SLOTS_MAX 256      /* invocations of one job staged, running or shipping on a node */
#define MR_EACH_BATCHES_MAX                                                          \
	4096                 /* outputs waiting to be taken item by item; then their \
			      * producers wait too */
#define MR_EACH_ITEM_BITS 20 /* items of one output that go to an `each` input: a million */
#define MR_EACH_DEPTH_MAX 3  /* `each` edges in a row: 24 + 2 x 20 bits of partition number */
#define MR_CONTROL_BYTES_MAX                                                                      \
	(256u << 20)                  /* of a message between nodes that is no batch: a list of a \
				       * million files of 200 bytes */
#define MR_PREPARE_MS_MAX 300000      /* a node may take to list files, or to compile functions */
#define MR_CODE_BYTES_MAX (64u << 20) /* of one function's module */
#define MR_HTTP_PORT_DEFAULT 7410

/* Tables; docs/tables.md. */
#define MR_TABLE_COLUMNS_MAX 16384      /* of one schema: its metadata alone is then a MiB */
#define MR_TABLE_ZONE_BYTES_MAX 64      /* of a time zone's name, with its zero: tz has 32 */
#define MR_TABLE_ROWS_MAX (1ull << 32)  /* of a batch: rows times any width fit 64 bits */
#define MR_TABLE_BATCH_ROWS 65536       /* of a batch made of text: a column stays in L2 */
#define MR_TABLE_BATCH_BYTES (8u << 20) /* and its bytes, where values are long */
#define MR_TABLE_READ_BYTES (1u << 20)  /* of text at once; types are inferred from the first */
#define MR_TABLE_RECORD_BYTES_MAX (1u << 28)    /* of one line of text: it is held whole */
#define MR_TABLE_METADATA_BYTES_MAX (64u << 20) /* of an Arrow message, without its buffers */
#define MR_TABLE_MEMORY_DEFAULT (512ull << 20)  /* of `millrace table`: several batches */

/* Operators; docs/operators.md. */
#define MR_OPERATOR_ROWS_MAX 4096 /* on their way at once: some columns of them stay in L2 */
#define MR_OPERATOR_STEPS_MAX 64  /* of one pipeline */
#define MR_OPERATOR_TEXT_BYTES_MAX (64u << 10)    /* of its text: people write it */
#define MR_OPERATOR_MEMORY_DEFAULT (512ull << 20) /* that the steps of a pipeline may keep */
#define MR_OPERATOR_KEYS_MAX 64                   /* columns of a key: they are listed by hand */
#define MR_EXPRESSION_NODES_MAX 4096 /* of one text: `in` with a thousand values is one */
#define MR_EXPRESSION_DEPTH_MAX 256  /* of a tree: what walks it recurs */
#define MR_SUM_CHUNK_ROWS 65536      /* whose floats are one sum, in the tree of all sums */

/* FPGA cards; docs/offload-fpga.md. */
#define MR_FPGA_CARDS_MAX 16  /* of one machine: the slots of a large server */
#define MR_FPGA_BANKS_MAX 256 /* of one xclbin: 32 channels of HBM, and groups of them */
#define MR_FPGA_XCLBIN_BYTES_MAX (1ull << 30) /* several times a large card's bitstream */
#define MR_FPGA_PAGE_BYTES 4096               /* XRT's buffers begin and end with a page */
#define MR_FPGA_RUNS 2 /* in flight: one computes while the other's data moves */
#define MR_FPGA_RUN_BYTES_DEFAULT \
	(8u << 20) /* of a column: 0.7 ms of PCIe 3.0 x16, many times what a launch costs */
#define MR_FPGA_RUN_BYTES_MAX (1u << 30)    /* places in its result fit 32 bits with room */
#define MR_FPGA_TIME_LIMIT_MS_DEFAULT 10000 /* of a run: a thousand times what one needs */
#define MR_FPGA_SORT_ROWS_MAX (1u << 24)    /* in one run: half a GiB of the card's memory */

/* Operators on bytes and text; docs/operators.md. */
#define MR_WORD_BYTES_MAX (1 << 20) /* of a word: what is longer is data in one piece, not text */
#define MR_DECOMPRESS_BYTES_DEFAULT (64u << 20) /* out of one value: a bomb is told from data */
#define MR_DECOMPRESS_WINDOW_LOG_MAX 27 /* log2 of bytes: what `zstd` itself takes by default */
#define MR_PARAMETER_BYTES_MAX 65536    /* of what steps name, such as a key: not data */
#define MR_MATCH_PATTERNS_MAX 4096      /* of one step: each is a column */
#define MR_JSON_STEPS_MAX 32            /* of a path: nobody writes deeper ones */
#define MR_ENCRYPT_SALT_VALUES_MAX                                                               \
	(1ull << 32)                           /* under one key of AES-GCM: numbers have 56 bits \
						*/
#define MR_ENCRYPT_SALT_BYTES_MAX (1ull << 35) /* as MR_SEAL_REKEY_BYTES, and for its reason */

/* OpenCL devices. */
#define MR_OPENCL_DEVICES_MAX 64     /* of one machine, over all platforms */
#define MR_OPENCL_NAME_BYTES_MAX 128 /* of a device's or a driver's name, with its zero */
#define MR_OPENCL_SLOTS 2            /* runs in flight: one computes while the other's data moves */
#define MR_OPENCL_RUN_ROWS_DEFAULT (1u << 20)  /* of one run: 8 MiB a column */
#define MR_OPENCL_RUN_ROWS_MAX (1u << 26)      /* row numbers and bytes of a run fit 32 bits */
#define MR_OPENCL_TIME_LIMIT_MS_DEFAULT 10000  /* of a wait: a thousand times what a run needs */
#define MR_OPENCL_BINARY_BYTES_MAX (64u << 20) /* of a cached program: many times a large one */
#define MR_OPENCL_LOG_BYTES_MAX 65536          /* of a compiler's messages: the first are shown */

/* Benchmarks. */
#define MR_BENCH_RUNS_MAX 99    /* of one case: medians of more say nothing new */
#define MR_BENCH_RUNS_DEFAULT 5 /* the fewest that a median is worth something of */
#define MR_BENCH_CASES_MAX 512  /* of one report: every port, pattern and size is some 300 */
#define MR_BENCH_AGAINST_MAX 8  /* limits and peers beside one case */
#define MR_BENCH_SAMPLES_MAX (1u << 20) /* round trips timed in one run: percentiles to 1e-5 */

#endif
