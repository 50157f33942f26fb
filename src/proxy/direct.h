/* Origins that no route names: a forward proxy asks the host that the request names. Each worker keeps a group of one
 * member for each host it has met, so that connections are pooled and health is remembered.
 *
 * A host stays while anybody holds it. Of those that nobody holds, the ones met last are remembered, and no more: a
 * client may name as many as it likes.
 *
 * thread: local.
 * Order of use: direct_find; whoever keeps it beyond holds it for himself; everybody lets go.
 */
#ifndef CAIRN_PROXY_DIRECT_H
#define CAIRN_PROXY_DIRECT_H

#include "peer/roster.h"

struct direct;
struct direct_host;

struct direct *direct_new(void);
void direct_free(struct direct **d); /* when nobody holds anything any more */

/* "host[:port]", port 80 where none is written; held for the caller. NULL where it is malformed or memory is short. */
struct direct_host *direct_find(struct direct *d, struct str authority);

struct group *direct_group(const struct direct_host *h);

/* Once more, for another who keeps it. */
struct direct_host *direct_hold(struct direct_host *h);

/* Nulls; harmless with none. */
void direct_let_go(struct direct_host **h);

#endif
