/* Which keys of a HAR mean what: HAR 1.2, what Chrome, Firefox and Safari add to it, and what Firefox copies of its
 * panel. */
#include <math.h>
#include <stdlib.h>

#include "explain/har_impl.h"

#define INTO(in, key, place)                                         \
	{                                                            \
		HAR_##in, STR_INIT(key), HAR_##place, HAR_NOTHING, 0 \
	}
#define FACT(in, key, kind, to)                                                                  \
	{                                                                                        \
		HAR_##in, STR_INIT(key), HAR_NOWHERE, HAR_##kind, offsetof(struct har_facts, to) \
	}

/* One entry alone is taken for what it is: the root has all that an entry has. */
static const struct har_row rows[] = {
	INTO(ROOT, "log", LOG),
	INTO(ROOT, "entries", ENTRIES),
	INTO(ROOT, "", ENTRY),
	INTO(LOG, "creator", CREATOR),
	INTO(LOG, "entries", ENTRIES),
	FACT(CREATOR, "name", TEXT, creator),
	INTO(ENTRIES, "", ENTRY),

	INTO(ENTRY, "request", REQUEST),
	INTO(ENTRY, "response", RESPONSE),
	INTO(ENTRY, "cache", CACHE),
	INTO(ENTRY, "timings", TIMINGS),
	FACT(ENTRY, "startedDateTime", TEXT, started),
	FACT(ENTRY, "time", MILLI, time),
	FACT(ENTRY, "serverIPAddress", TEXT, server_ip),
	FACT(ENTRY, "_fromCache", TEXT, from_cache), /* Chrome: memory, disk */
	FACT(ENTRY, "_fetchType", TEXT, fetch_type), /* Safari */

	INTO(REQUEST, "headers", FIELDS),
	FACT(REQUEST, "method", TEXT, method),
	FACT(REQUEST, "url", TEXT, url),
	FACT(REQUEST, "httpVersion", TEXT, request_version),
	INTO(RESPONSE, "headers", FIELDS),
	INTO(RESPONSE, "content", CONTENT),
	FACT(RESPONSE, "status", WHOLE, status),
	FACT(RESPONSE, "statusText", TEXT, status_text),
	FACT(RESPONSE, "httpVersion", TEXT, response_version),
	FACT(RESPONSE, "headersSize", WHOLE, headers_size),
	FACT(RESPONSE, "bodySize", WHOLE, body_size),
	FACT(RESPONSE, "_transferSize", WHOLE, transfer_size),
	FACT(RESPONSE, "_fetchedViaServiceWorker", TEXT, by_worker),
	FACT(RESPONSE, "_serviceWorkerResponseSource", TEXT, worker_source),
	FACT(CONTENT, "size", WHOLE, content_size),

	INTO(FIELDS, "", FIELD),
	FACT(FIELD, "name", TEXT, name),
	FACT(FIELD, "value", TEXT, value),

	INTO(CACHE, "beforeRequest", CACHED),
	INTO(CACHE, "afterRequest", CACHED),
	FACT(CACHED, "hitCount", WHOLE, hits),
	FACT(CACHED, "fetchCount", WHOLE, fetches), /* Firefox */

	FACT(TIMINGS, "blocked", MILLI, blocked),
	FACT(TIMINGS, "dns", MILLI, dns),
	FACT(TIMINGS, "connect", MILLI, connect),
	FACT(TIMINGS, "ssl", MILLI, ssl),
	FACT(TIMINGS, "send", MILLI, send),
	FACT(TIMINGS, "wait", MILLI, wait),
};

static const struct har_row *
find(enum har_place in, struct str key)
{
	static const struct har_row none = { HAR_NOWHERE, STR_INIT(""), HAR_NOWHERE, HAR_NOTHING, 0 };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].in == in && str_eq(rows[i].key, key))
			return &rows[i];
	return &none;
}

/* "Response Headers (508 B)" is what Firefox calls a head that is copied from its panel. */
const struct har_row *
har_row(enum har_place in, struct str key)
{
	static const struct har_row copied[] = {
		INTO(ROOT, "Response Headers", RESPONSE),
		INTO(ROOT, "Request Headers", REQUEST),
	};
	const struct har_row *row;

	if (in == HAR_NOWHERE)
		return find(in, key);
	row = find(in, key);
	if (row->in != in && in == HAR_ROOT)
		row = find(HAR_ENTRY, key);
	for (size_t i = 0; in == HAR_ROOT && i < sizeof copied / sizeof *copied; i++)
		if (str_starts(key, copied[i].key))
			row = &copied[i];
	return row;
}

/* ---- values ---- */

/* A decimal number times `unit`, where that is one that can be. */
static int64_t
number(struct str s, double unit)
{
	char text[64];
	char *end;
	double v;

	if (s.n == 0 || s.n >= sizeof text)
		return EXCHANGE_UNKNOWN;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	v = strtod(text, &end) * unit;
	if (end != text + s.n || !(v >= 0) || v > 1e15)
		return EXCHANGE_UNKNOWN;
	return (int64_t)round(v);
}

void
har_keep(const struct har_row *row, struct str value, struct har_facts *f, struct draft *d)
{
	void *fact = (char *)f + row->fact;

	switch (row->kind) {
	case HAR_TEXT:
		*(struct str *)fact = value.p == NULL ? STR_NONE : draft_keep(d, value);
		break;
	case HAR_WHOLE:
		*(int64_t *)fact = number(value, 1);
		break;
	case HAR_MILLI:
		*(int64_t *)fact = number(value, 1000);
		break;
	case HAR_NOTHING:
		break;
	}
}

void
har_forget(struct har_facts *f)
{
	struct str creator = f->creator;

	*f = (struct har_facts){ .creator = creator };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].kind == HAR_WHOLE || rows[i].kind == HAR_MILLI)
			*(int64_t *)((char *)f + rows[i].fact) = EXCHANGE_UNKNOWN;
}
