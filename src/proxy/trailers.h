/* Which fields behind a chunked body are passed on. Pure. */
#ifndef CAIRN_PROXY_TRAILERS_H
#define CAIRN_PROXY_TRAILERS_H

#include "base/strbuf.h"
#include "proxy/conf.h"

/* Of trailer lines as chunked_take collects them, in `received`, those that may go on; in `a`. Without memory: none. */
struct str trailers_kept(struct strbuf *received, const struct conf_limits *lim, struct arena *a);

#endif
