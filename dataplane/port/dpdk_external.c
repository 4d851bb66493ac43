/* Regions lent to a device: taking loans, and getting them back. */
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_memory.h>

#include "dpdk_external.h"

static void loan_end(struct external_loan *loan)
{
	struct external *external = loan->external;

	region_unref(&loan->region);
	if (external->loan == loan)
		external->loan = NULL;
	loan->next_free = external->free_loans;
	external->free_loans = loan;
}

static void mbuf_freed(void *bytes, void *opaque)
{
	struct external_loan *loan = opaque;

	(void)bytes;
	if (--loan->mbufs == 0)
		loan_end(loan);
}

static void mbuf_init(struct rte_mempool *pool, void *opaque, void *object, unsigned int index)
{
	struct rte_mbuf_ext_shared_info *shared = rte_mbuf_to_priv(object);

	(void)pool;
	(void)opaque;
	(void)index;
	shared->free_cb = mbuf_freed;
}

static void loans_init(struct external *external)
{
	for (uint32_t i = external->loan_count; i-- > 0;) {
		external->loans[i].external = external;
		external->loans[i].next_free = external->free_loans;
		external->free_loans = &external->loans[i];
	}
}

int external_init(struct external *external, enum port_external ability, const char *name,
		  uint32_t count, int socket)
{
	*external = (struct external){.ability = ability, .loan_count = count};
	external->loans = calloc(count, sizeof(external->loans[0]));
	if (external->loans == NULL)
		return -ENOMEM;
	external->pool = rte_pktmbuf_pool_create_by_ops(
	    name, count, MR_PORT_CACHE_MBUFS,
	    RTE_ALIGN(sizeof(struct rte_mbuf_ext_shared_info), RTE_MBUF_PRIV_ALIGN), 0, socket,
	    "stack");
	if (external->pool == NULL) {
		free(external->loans);
		external->loans = NULL;
		return -ENOMEM;
	}
	rte_mempool_obj_iter(external->pool, mbuf_init, NULL);
	loans_init(external);
	return 0;
}

void external_fini(struct external *external)
{
	if (external->loans == NULL)
		return;
	for (uint32_t i = 0; i < external->loan_count; i++)
		region_unref(&external->loans[i].region);
	free(external->loans);
	external->loans = NULL;
	/* Freeing mbufs that a driver still knows would be worse than keeping them. */
	if (rte_mempool_full(external->pool))
		rte_mempool_free(external->pool);
	external->pool = NULL;
}

struct external_loan *external_lend(struct external *external, struct region *region)
{
	struct external_loan *loan = external->free_loans;

	external->free_loans = loan->next_free;
	loan->region = region_ref(region);
	loan->mbufs = 0;
	external->loan = loan;
	return loan;
}

/* Where addresses are physical, what crosses into a page that lies elsewhere is not contiguous. */
static bool iova_contiguous(const struct port_piece *piece, rte_iova_t *iova)
{
	const uint8_t *last = (const uint8_t *)piece->data + piece->bytes - 1;

	*iova = rte_mem_virt2iova(piece->data);
	return *iova != RTE_BAD_IOVA && rte_mem_virt2iova(last) - *iova == piece->bytes - 1;
}

bool external_heap_holds(struct external *external, const struct port_piece *piece,
			 rte_iova_t *iova)
{
	struct rte_memseg_list *list = rte_mem_virt2memseg_list(piece->data);

	if (list == NULL || list->external)
		return false;
	if (rte_eal_iova_mode() != RTE_IOVA_VA)
		return iova_contiguous(piece, iova);
	/* The heap is a few long ranges of many pages: the last one found serves nearly always. */
	if (external->ability == PORT_EXTERNAL_PAGE) {
		external->heap = RTE_PTR_ALIGN_FLOOR(piece->data, list->page_sz);
		external->heap_end = external->heap + list->page_sz;
	} else {
		external->heap = list->base_va;
		external->heap_end = external->heap + list->len;
	}
	return (const uint8_t *)piece->data + piece->bytes <= external->heap_end;
}

bool external_recall_due(struct external *external)
{
	if (!external->out || rte_get_tsc_cycles() - external->lent_tsc <
				  rte_get_tsc_hz() / 1000000 * EXTERNAL_RECALL_US)
		return false;
	external->out = false;
	return !rte_mempool_full(external->pool);
}
