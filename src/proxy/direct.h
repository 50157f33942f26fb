/* Origins that no route names: a forward proxy asks the host that the request names. Each worker keeps a group of one
 * member for each host it has met, so that connections are pooled and health is remembered.
 *
 * thread: local. Hosts live in generations: a full one is retired, and given back once nothing can still point into it.
 */
#ifndef CAIRN_PROXY_DIRECT_H
#define CAIRN_PROXY_DIRECT_H

#include "peer/roster.h"

struct direct;

struct direct *direct_new(void);
void direct_free(struct direct **d);

/* The group for "host[:port]", port 80 where none is written. NULL where it is malformed or memory is short. Stays
 * valid for an hour at least, and as long as its member has requests on their way. */
struct group *direct_group(struct direct *d, struct str authority, int64_t mono_ns);

#endif
