/* What is known of a card. */
#include <errno.h>

#include "fpga_card.h"
#include "fpga_error.h"

static const char *const state_names[] = {
    [FPGA_READY] = "ready", [FPGA_HUNG] = "hung", [FPGA_LOST] = "lost", [FPGA_WRONG] = "wrong"};

enum fpga_state fpga_card_state(const struct fpga_card *card)
{
	return card->state;
}

const char *fpga_state_name(enum fpga_state state)
{
	return state_names[state];
}

const struct fpga_counters *fpga_card_counters(const struct fpga_card *card)
{
	return &card->counters;
}

const char *fpga_card_platform(const struct fpga_card *card)
{
	return card->image.platform;
}

uint32_t fpga_card_banks(const struct fpga_card *card)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < card->image.bank_count; i++)
		count += card->image.bank[i].bytes > 0;
	return count;
}

const char *fpga_card_kernel(const struct fpga_card *card, uint32_t number, bool *has)
{
	if (number >= KERNELS)
		return NULL;
	*has = card->image.has[number];
	return kernel_table[number].name;
}

int fpga_card_ready(struct fpga_card *card, enum kernel_number kernel, struct fpga_error *error)
{
	if (card->state != FPGA_READY) {
		card->counters.refused++;
		return fpga_fail(error, -ENODEV,
				 "the FPGA card is %s: use the CPU, or open the card anew",
				 state_names[card->state]);
	}
	if (!card->image.has[kernel])
		return fpga_fail(error, -ENOTSUP, "the card's xclbin has no kernel %s",
				 kernel_table[kernel].name);
	return 0;
}
