/* One response as somebody saw it: from a terminal, a browser's HAR, or the network; and what is known of its request.
 *
 * thread: local. Everything is borrowed from whoever read it, and lives as long as its arena.
 */
#ifndef CAIRN_EXPLAIN_EXCHANGE_H
#define CAIRN_EXPLAIN_EXCHANGE_H

#include "http/head.h"

#define EXCHANGE_UNKNOWN INT64_MIN /* a number that nobody told */

/* From where a browser took it, as far as a HAR says. */
enum browser_source {
	BROWSER_NOT_TOLD, /* no browser, or one that asked the network */
	BROWSER_MEMORY,
	BROWSER_DISK,
	BROWSER_CACHE,     /* its own, of which kind it does not say */
	BROWSER_VALIDATED, /* asked with a condition, answered 304, body from its own cache */
};

enum worker_source {
	WORKER_NONE,
	WORKER_UNKNOWN,
	WORKER_CACHE_STORAGE,
	WORKER_HTTP_CACHE,
	WORKER_NETWORK,
	WORKER_MADE_UP, /* by its own code */
};

struct exchange {
	struct str url;    /* empty: not known */
	struct str method; /* empty: not known */
	struct head request;
	struct head response; /* status 0: only fields came, without a status line; or, without fields, none was recorded */
	bool has_request;
	enum browser_source browser;
	enum worker_source worker;
	int64_t browser_hits;   /* how often the browser has used its copy */
	int64_t came_ms;        /* by the wall clock, when the response came; for Age and freshness */
	int64_t started_ms;     /* by the wall clock */
	int64_t wait_us, all_us; /* until the first byte; until the last */
	int64_t wire_bytes, body_bytes; /* moved by the network; of the decoded body */
	struct str server_ip;
	struct str from;   /* where it stands in the input: "line 12", "entry 3" */
	bool of_page;      /* an entry of a HAR: one of many that belong together */
};

#endif
