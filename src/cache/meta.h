/* What decides about a response, read from its head once and stored with it as plain data. Pure. */
#ifndef CAIRN_CACHE_META_H
#define CAIRN_CACHE_META_H

#include "http/cc.h"

#define META_ABSENT  INT64_MIN       /* the field is not there */
#define META_INVALID (INT64_MIN + 1) /* it is there and means nothing: "Expires: 0", say */

enum meta_flag {
	META_TARGETED = 1,      /* cdn holds a valid CDN-Cache-Control */
	META_AUTHORIZED = 2,    /* the request had Authorization */
	META_SET_COOKIE = 4,
	META_ETAG = 8,
	META_LAST_MODIFIED = 16, /* a valid one */
	META_VARY_ANY = 32,     /* Vary: * */
	META_DATE_ADDED = 64,   /* the response had no valid Date; the time of receipt is in its place */
	META_FROM_POST = 128,   /* it answered a POST */
	META_PARTIAL = 256,     /* a 206 */
	META_HTTP_1_0 = 512,    /* it came as HTTP/1.0, which Via tells */
};

struct meta {
	int64_t requested_ms; /* wall clock, when the request was sent */
	int64_t received_ms;  /* wall clock, when the head had arrived */
	int64_t date;          /* seconds */
	int64_t expires;       /* seconds, META_ABSENT, META_INVALID */
	int64_t last_modified; /* seconds, META_ABSENT */
	struct cc cc;
	struct cc targeted;
	uint32_t age; /* the Age field, seconds, held at 2^31-1; 0 where absent or malformed */
	uint16_t status;
	uint16_t flags;
};

/* Reads a final response's head. `request` is the one that was answered. Pragma in a response means nothing (RFC 9111 5.4)
 * and is not looked at. */
void meta_read(struct meta *m, const struct head *response, const struct head *request, int64_t requested_ms,
               int64_t received_ms, struct arena *a);

#endif
