/* Every limit of the sandboxes, with its unit and the reason for its value. */
#ifndef SANDBOX_LIMITS_H
#define SANDBOX_LIMITS_H

#define SANDBOX_STACK_BYTES (1u << 20)   /* native stack of a guest: about 10,000 small frames */
#define SANDBOX_GUARD_BYTES 65536        /* below it: more than a libc routine's frame may skip */
#define SANDBOX_SIGNAL_STACK_BYTES 65536 /* AVX-512 and AMX state of a frame, with room */
#define SANDBOX_TIME_SLACK_MS 1000       /* the watchdog looks at least this often, */
#define SANDBOX_TIME_LOOK_MS 100         /* and so often while functions run: see guest_time */
#define SANDBOX_RESEND_MS 10             /* a stop signal not yet taken is sent again */

#define SANDBOX_TABLE_ENTRIES_MAX 65536u   /* of all tables: 24 bytes each, set up for each run */
#define SANDBOX_TYPES_MAX 10000u           /* function types are compared one by one at load */
#define SANDBOX_LOCALS_MAX 10000u          /* of one function: gcc's time grows with their square */
#define SANDBOX_PARAMS_MAX 1000u           /* of one type, and results, as browsers allow */
#define SANDBOX_FUNCTIONS_MAX 100000u      /* each some 300 bytes of C text before its own code */
#define SANDBOX_CODE_BYTES_MAX (16u << 20) /* of all functions: clang's own is about that large */
#define SANDBOX_DATA_BYTES_MAX (16u << 20) /* of all segments: six bytes of C text for each */
#define SANDBOX_SECTION_BYTES_MAX \
	(1u << 20)                        /* of each other section: a hundred times what is usual */
#define SANDBOX_BODY_BYTES_MAX (1u << 20) /* of one function: gcc's time grows faster than it */
#define SANDBOX_EXPORT_BYTES_MAX 256      /* of one export's name */

#define SANDBOX_COMPILE_SECONDS_MAX 120             /* of processor time and of waiting, per tool */
#define SANDBOX_COMPILE_MEMORY_BYTES (4ull << 30)   /* address space of a tool */
#define SANDBOX_COMPILE_OUTPUT_BYTES (512ull << 20) /* of one file that a tool writes */
#define SANDBOX_COMPILE_PROCESSES_MAX 64 /* of our user in a tool's namespace: gcc has 4 */
#define SANDBOX_COMPILE_FILES_MAX 64     /* open in a tool: ld has some ten */
#define SANDBOX_BUILD_STALE_SECONDS 3600 /* a build folder this old lost its process: removed */

/* The wasm-process backend, per worker process (one for each thread at a function). */
#define WASM_WORKER_LOOK_US 20              /* before sleeping: what two wake-ups cost */
#define WASM_WORKER_LOOKS 64                /* a few us: then another may want the core */
#define WASM_WORKER_IDLE_S 10               /* without a run, then it ends: a new one takes 1 ms */
#define WASM_WORKER_CHECK_MS 10             /* how soon a killed one is noticed: no signal tells */
#define WASM_WORKER_START_MS 10000          /* to load its module: mostly 1 ms */
#define WASM_WORKER_DATA_BYTES (256u << 20) /* its own, writable: stacks, a module's data */
#define WASM_WORKER_KEEP_BYTES (256u << 10) /* of its window, between runs: most regions */

/* The kvm backend, per virtual machine (one for each thread that runs functions). */
#define KVM_TABLE_PAGES 4096u               /* of page tables: some 800 views, in 16 MiB */
#define KVM_VIEWS_MAX 1024u                 /* code and region that met: over tables for them */
#define KVM_SPACES_MAX 64u                  /* codes whose private memory is kept */
#define KVM_PRIVATE_POOL_BYTES (1ull << 30) /* of all codes, address space: touched when used */
#define KVM_STORE_BYTES (1ull << 30)        /* read-only parts of all codes, the same */
#define KVM_POOLS_MAX 8u                    /* pools that one thread's regions come from */
#define KVM_CPUID_ENTRIES_MAX 256           /* that the kernel may report: some 50 today */

#endif
