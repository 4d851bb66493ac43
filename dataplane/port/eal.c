/* Starting DPDK's environment: once per process, quietly, with whatever this user may have. */
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/mman.h>
#include <rte_eal.h>
#include <rte_errno.h>

#include "devargs.h"
#include "eal_log.h"
#include "port.h"

#define MIB (UINT64_C(1) << 20)
#define EAL_OWN_BYTES (16 * MIB)  /* EAL's and the drivers' own tables */
#define EAL_PORT_BYTES (48 * MIB) /* mbufs of one port at MR_MTU_MAX, driver rings beside */
#define EAL_SPREAD_BYTES                                                         \
	(4 * MIB) /* of these, for each other queue that a port may send some to \
		   */

struct eal_args {
	char **argv;
	int argc;
	int argc_max;
};

__attribute__((format(printf, 2, 3))) static int eal_arg(struct eal_args *args, const char *format,
							 ...)
{
	va_list ap;
	int len;

	if (args->argc + 1 >= args->argc_max)
		return -E2BIG;
	va_start(ap, format);
	len = vasprintf(&args->argv[args->argc], format, ap);
	va_end(ap);
	if (len < 0) {
		args->argv[args->argc] = NULL;
		return -ENOMEM;
	}
	args->argc++;
	return 0;
}

static void eal_args_free(struct eal_args *args)
{
	for (int i = 0; i < args->argc_max && args->argv != NULL; i++)
		free(args->argv[i]);
	free(args->argv);
}

/* Would that much memory in huge pages of that size be ours? Asking the kernel to reserve it says
 * more than reading its counters: permission and control group are in the answer. */
static bool huge_pages_reserve(uint64_t bytes, uint32_t page_shift)
{
	uint64_t page = UINT64_C(1) << page_shift;
	uint64_t rounded = (bytes + page - 1) / page * page;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | (int)(page_shift << MAP_HUGE_SHIFT);
	void *at = mmap(NULL, rounded, PROT_READ | PROT_WRITE, flags, -1, 0);

	if (at == MAP_FAILED)
		return false;
	munmap(at, rounded);
	return true;
}

static bool huge_pages_available(uint64_t bytes)
{
	return huge_pages_reserve(bytes, 21) || huge_pages_reserve(bytes, 30);
}

static int first_cpu(const cpu_set_t *cpus)
{
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (CPU_ISSET(cpu, cpus))
			return cpu;
	}
	return 0;
}

/* Devices on the PCI bus are scanned only for ports that are there; all others are left alone. */
static int eal_args_pci(struct eal_args *args, const struct port_eal_config *config, bool *pci,
			char *error, size_t error_bytes)
{
	int rc = 0;

	*pci = false;
	for (uint32_t i = 0; i < config->spec_count && rc == 0; i++) {
		struct port_spec spec;

		rc = port_spec_parse(config->specs[i], &spec, error, error_bytes);
		if (rc == 0 && spec.kind == SPEC_PCI) {
			*pci = true;
			rc = eal_arg(args, "--allow=%s", spec.devargs);
		}
	}
	if (rc == 0 && !*pci)
		rc = eal_arg(args, "--no-pci");
	return rc;
}

static int eal_args_heap(struct eal_args *args, uint64_t mib)
{
	int rc = eal_arg(args, "-m");

	return rc == 0 ? eal_arg(args, "%llu", (unsigned long long)mib) : rc;
}

/*
 * A heap of ordinary pages has its size at the start, and costs what is touched of it. One of huge
 * pages costs all that it begins with; it grows page by page as ports open, and so begins with
 * nothing, unless it is to hold data in one piece or a device that knows physical addresses.
 */
static int eal_args_memory(struct eal_args *args, const struct port_eal_config *config, bool pci,
			   char *note, size_t note_bytes)
{
	uint64_t queues = config->queues > 1 ? config->queues : 1;
	uint64_t port_bytes = queues * (EAL_PORT_BYTES + (queues - 1) * EAL_SPREAD_BYTES);
	uint64_t bytes = config->memory_bytes + EAL_OWN_BYTES + config->spec_count * port_bytes;
	uint64_t mib = (bytes + MIB - 1) / MIB;
	bool huge = huge_pages_available(bytes);
	int rc = 0;

	if (!huge || pci || config->memory_bytes > 0)
		rc = eal_args_heap(args, mib);
	if (rc == 0 && huge) {
		rc = eal_arg(args, "--in-memory");
		/* Drivers that share memory by descriptor (memif, virtio_user) send few at a time.
		 */
		if (rc == 0)
			rc = eal_arg(args, "--single-file-segments");
	} else if (rc == 0) {
		rc = eal_arg(args, "--no-huge");
		if (rc == 0)
			rc = eal_arg(args, "--no-shconf");
		snprintf(note, note_bytes,
			 "no %llu MiB of free huge pages: using ordinary pages%s "
			 "(to have them, as root: sysctl vm.nr_hugepages=%llu)",
			 (unsigned long long)mib,
			 pci ? ", on which a PCI device needs vfio with an IOMMU" : "",
			 (unsigned long long)(mib + 1) / 2);
	}
	/* A PCI device may need physical addresses; EAL knows which. */
	if (rc == 0 && !pci)
		rc = eal_arg(args, "--iova-mode=va");
	return rc;
}

static int eal_args_build(struct eal_args *args, const struct port_eal_config *config,
			  const cpu_set_t *cpus, char *note, size_t note_bytes, char *error,
			  size_t error_bytes)
{
	bool pci;
	int rc;

	args->argc_max = 16 + (int)config->spec_count;
	args->argv = calloc((size_t)args->argc_max, sizeof(args->argv[0]));
	if (args->argv == NULL)
		return -ENOMEM;
	rc = eal_arg(args, "millrace");
	if (rc == 0)
		rc = eal_arg(args, "--no-telemetry");
	if (rc == 0)
		rc = eal_arg(args, "--log-level=*:warning");
	if (rc == 0)
		rc = eal_arg(args, "--file-prefix=millrace-%d", (int)getpid());
	/* One lcore, this thread: our threads are our own. */
	if (rc == 0)
		rc = eal_arg(args, "--lcores=0@%d", first_cpu(cpus));
	if (rc == 0)
		rc = eal_args_pci(args, config, &pci, error, error_bytes);
	if (rc == 0)
		rc = eal_args_memory(args, config, pci, note, note_bytes);
	return rc;
}

static int eal_init(struct eal_args *args, char *error, size_t error_bytes)
{
	/* EAL reorders and overwrites the array; ours still knows what to free. */
	char **argv = malloc((size_t)args->argc_max * sizeof(argv[0]));
	char reason[512];
	int rc;

	if (argv == NULL)
		return -ENOMEM;
	memcpy(argv, args->argv, (size_t)args->argc_max * sizeof(argv[0]));
	eal_log_clear();
	rc = rte_eal_init(args->argc, argv);
	free(argv);
	/* Nothing is shared with other processes: EAL's folder for that stays empty. */
	if (rte_eal_get_runtime_dir() != NULL)
		rmdir(rte_eal_get_runtime_dir());
	if (rc >= 0)
		return 0;
	rc = rte_errno > 0 ? -rte_errno : -EIO;
	eal_log_quote(reason, sizeof(reason));
	snprintf(error, error_bytes, "DPDK does not start: %s: %s", strerror(-rc), reason);
	return rc;
}

int port_eal_start(const struct port_eal_config *config, char *note, size_t note_bytes, char *error,
		   size_t error_bytes)
{
	static bool started;
	struct eal_args args = {0};
	cpu_set_t cpus;
	int rc;

	note[0] = '\0';
	error[0] = '\0';
	if (started) {
		snprintf(error, error_bytes, "DPDK starts once per process, and it has started");
		return -EALREADY;
	}
	rc = sched_getaffinity(0, sizeof(cpus), &cpus) < 0 ? -errno : eal_log_capture();
	if (rc == 0)
		rc = eal_args_build(&args, config, &cpus, note, note_bytes, error, error_bytes);
	if (rc == 0) {
		started = true;
		rc = eal_init(&args, error, error_bytes);
		/* EAL pinned this thread to its lcore. */
		sched_setaffinity(0, sizeof(cpus), &cpus);
	}
	if (rc < 0 && error[0] == '\0')
		snprintf(error, error_bytes, "DPDK does not start: %s", strerror(-rc));
	eal_args_free(&args);
	return rc;
}
