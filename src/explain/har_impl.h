/* What the files of har.h share: which keys mean what (har_rows.c), what an entry's facts come to (har_entry.c), and
 * the reader (har.c). Private to explain/. */
#ifndef CAIRN_EXPLAIN_HAR_IMPL_H
#define CAIRN_EXPLAIN_HAR_IMPL_H

#include "explain/draft.h"

/* Objects and arrays of a HAR, as far as anybody wants to know. */
enum har_place {
	HAR_NOWHERE,
	HAR_ROOT,
	HAR_LOG,
	HAR_CREATOR,
	HAR_ENTRIES,
	HAR_ENTRY,
	HAR_REQUEST,
	HAR_RESPONSE,
	HAR_FIELDS,
	HAR_FIELD,
	HAR_CONTENT,
	HAR_CACHE,
	HAR_CACHED, /* what it says of the entry in the browser's cache */
	HAR_TIMINGS,
};

/* What an entry says, before it is known what it means. Texts are in the draft's arena; a number that is not there, or
 * negative, which is how HAR says so, is EXCHANGE_UNKNOWN. */
struct har_facts {
	struct str creator; /* of the file */
	struct str started, url, method, status_text, server_ip, name, value;
	struct str request_version, response_version;
	struct str from_cache, fetch_type, by_worker, worker_source;
	int64_t status, headers_size, body_size, transfer_size, content_size, hits, fetches;
	int64_t time, blocked, dns, connect, ssl, send, wait; /* microseconds */
	bool cached; /* there is an entry in the browser's cache, before or after */
};

/* How a value is kept. */
enum har_kind {
	HAR_NOTHING,
	HAR_TEXT,
	HAR_WHOLE,
	HAR_MILLI, /* milliseconds, as microseconds */
};

struct har_row {
	enum har_place in;
	struct str key; /* empty: an array's items */
	enum har_place into;
	enum har_kind kind;
	size_t fact; /* where in struct har_facts */
};

/* What the key means in that place; never NULL. */
const struct har_row *har_row(enum har_place in, struct str key);

/* Keeps a value as its row has it. One that is not of the row's kind says nothing. */
void har_keep(const struct har_row *row, struct str value, struct har_facts *f, struct draft *d);

/* No facts, but those of the file. */
void har_forget(struct har_facts *f);

/* The exchange that the facts make, beside the heads, which are in it already. */
void har_conclude(const struct har_facts *f, struct draft *d);

#endif
