/* Work in several runs, two in flight. */
#include "fpga_card.h"

static struct fpga_run *run_of(struct fpga_card *card, const struct fpga_work *work,
			       uint64_t number)
{
	return &card->runs[work->kernel][number % MR_FPGA_RUNS];
}

int fpga_work_do(struct fpga_card *card, const struct fpga_work *work, void *context,
		 struct fpga_error *error)
{
	struct fpga_error ignored;
	int rc = fpga_card_ready(card, work->kernel, error);

	for (uint64_t i = 0; rc == 0 && i <= work->runs; i++) {
		if (i < work->runs) {
			rc = work->begin(context, run_of(card, work, i), i, error);
			/* What was lent to a run that does not start is the caller's again. */
			if (rc < 0)
				fpga_run_lent_return(run_of(card, work, i));
		}
		if (i > 0 && rc == 0)
			rc = work->end(context, run_of(card, work, i - 1), i - 1, error);
		else if (i > 0 && card->state == FPGA_READY)
			/* Nobody else may start it before it has ended. */
			fpga_run_wait(run_of(card, work, i - 1), &ignored);
	}
	return rc;
}
