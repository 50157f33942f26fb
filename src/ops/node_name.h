/* What a node calls itself where nobody says. */
#ifndef CAIRN_OPS_NODE_NAME_H
#define CAIRN_OPS_NODE_NAME_H

#include "base/arena.h"

/* $POD_NAME, else $HOSTNAME, else the host's name, else "cairn"; always a valid name for a node. In `a`. */
struct str node_name_default(struct arena *a);

/* The nearest valid name: what may not stand in one becomes a dash, or goes where it stands in front. Empty where
 * nothing is left. In `a`. */
struct str node_name_from(struct str text, struct arena *a);

#endif
