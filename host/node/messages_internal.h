/* What the files about messages share: messages.c takes the transport's events, messages_out.c has
 * what goes out, messages_in.c what comes in. */
#ifndef MESSAGES_INTERNAL_H
#define MESSAGES_INTERNAL_H

#include "node_internal.h"

/* messages.c: an event of the transport of that core. */
void message_event(struct node *node, uint32_t core, const struct transport_event *event);

/* messages_out.c */
bool outgoing_retry(struct node *node); /* what waited for room; true when something went */
void outgoing_done(struct node *node, struct outgoing *out);
void outgoing_failed(struct node *node, struct outgoing *out, const struct transport_event *event);
/* The peer did not take a message of ours, whose head and peer out has, for that reason. */
void outgoing_refused(struct node *node, const struct outgoing *out, uint16_t code);
/* A further core has no room for it now; or never will. */
void outgoing_again(struct node *node, struct outgoing *out);
void outgoing_undone(struct node *node, struct outgoing *out, int rc);
void outgoing_drop_all(struct node *node);

/* messages_in.c */
void incoming_offered(struct node *node, uint32_t core, const struct transport_event *event);
void incoming_received(struct node *node, struct incoming *in);
/* Without an offer: a control message, whole in its frame. */
void incoming_small(struct node *node, const struct transport_event *event);
void incoming_lost(struct node *node, uint32_t core, const struct transport_event *event);
/* A further core has accepted it by itself. */
void incoming_known(struct node *node, struct incoming *in);
/* Accepted on a further core, when it was lost already. */
void incoming_gone(struct node *node, struct incoming *in);
void incoming_drop_all(struct node *node);

#endif
