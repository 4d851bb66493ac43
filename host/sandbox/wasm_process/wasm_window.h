/* A region in a worker's window and back: by copy, so that a worker sees no memory of anything but
 * its own runs, and what is checked afterwards is nobody's to change. */
#ifndef WASM_WINDOW_H
#define WASM_WINDOW_H

#include "region.h"
#include "wasm_worker.h"

/* The region, which is zero behind its image, as any that a sandbox sees. 0 or -errno. */
int wasm_window_fill(struct wasm_worker *worker, const struct region *region, uint32_t header_off);
/* What a run left, and gives memory back that a worker is not to keep. 0 or -errno. */
int wasm_window_collect(struct wasm_worker *worker, struct region *region);

#endif
