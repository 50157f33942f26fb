/* The site of the demo: a few pages, each with its own word on caching, served from a thread of this process. Requests
 * are read with the parser of the proxy itself.
 *
 * thread: started and stopped by the main one; all else is the origin's own.
 */
#ifndef CAIRN_CLI_DEMO_ORIGIN_H
#define CAIRN_CLI_DEMO_ORIGIN_H

#include "net/addr.h"

struct demo_origin;

/* Listens on a free port of 127.0.0.1, which *at says. NULL where the system refuses. */
struct demo_origin *demo_origin_start(union addr *at);

/* Ends its connections and its thread. Nulls; NULL is fine. */
void demo_origin_stop(struct demo_origin **o);

#endif
