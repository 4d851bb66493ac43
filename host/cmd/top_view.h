/* What `millrace top` shows, as text for people and as JSON for programs. */
#ifndef TOP_VIEW_H
#define TOP_VIEW_H

#include "watch.h"

/* Lines; headings begin with '\001'. The caller frees it; NULL when out of memory. */
char *top_view_text(const struct watch *watch, double interval_s);
/* One object: {"nodes": [{"url", "up", "error", "seconds", "rates", "peers", "status"}]}. The
 * caller frees it; NULL when out of memory. */
char *top_view_json(const struct watch *watch);

#endif
