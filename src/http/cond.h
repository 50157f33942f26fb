/* Validators and conditional requests (RFC 9110 8.8, 13). Pure. */
#ifndef CAIRN_HTTP_COND_H
#define CAIRN_HTTP_COND_H

#include "http/head.h"

/* A tag that is not valid is never strong; by weak comparison it equals its own bytes, as a sender that left out the
 * quotes would have it. An empty one equals nothing. */
bool etag_strong_eq(struct str a, struct str b);
bool etag_weak_eq(struct str a, struct str b);
bool etag_valid(struct str tag);
bool etag_is_weak(struct str tag);

/* What is stored, as far as conditions look at it. */
struct cond_entry {
	int status;
	struct str etag;          /* STR_NONE: none */
	int64_t last_modified;    /* seconds; INT64_MIN: none or malformed */
	int64_t date;             /* seconds, INT64_MIN: none; stands in where Last-Modified is missing, see below */
};

/* Is the answer to these conditions 304, where a GET or HEAD would else be answered with this stored response: by
 * If-None-Match, and only where that is absent by If-Modified-Since, which is compared with the Date where there is no
 * stored Last-Modified (RFC 9110 13.1, RFC 9111 4.3.2)?
 *
 * If-Match and If-Unmodified-Since are not looked at: only an origin acts on them (RFC 9110 13.2.2), and RFC 9111 4.3.2 says
 * that they are not applicable to a cache. Requests that go forward take them along. */
bool cond_not_modified(const struct head *request, const struct cond_entry *e);

/* Does If-Range allow the range: absent, or equal by strong comparison, or an exactly equal date that is strong
 * (RFC 9110 13.1.5)? */
bool cond_if_range(const struct head *request, const struct cond_entry *e);

/* Has the request a condition that a cache looks at: If-None-Match or If-Modified-Since? */
bool cond_has_any(const struct head *request);

#endif
