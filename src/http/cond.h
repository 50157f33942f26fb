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

enum cond_result {
	COND_NONE,         /* no condition that applies: send what was asked for */
	COND_TRUE,         /* it holds: send what was asked for */
	COND_NOT_MODIFIED, /* 304 */
	COND_FAILED,       /* If-Match or If-Unmodified-Since does not hold: 412 is for the origin to say, see below */
};

/* What is stored, as far as conditions look at it. */
struct cond_entry {
	int status;
	struct str etag;          /* STR_NONE: none */
	int64_t last_modified;    /* seconds; INT64_MIN: none or malformed */
	int64_t date;             /* seconds, INT64_MIN: none; stands in where Last-Modified is missing, see below */
};

/* The request's conditions against a stored response a GET or HEAD would be answered with, in the order of RFC 9110
 * 13.2.2. If-Modified-Since is compared with the Date where there is no stored Last-Modified (RFC 9111 4.3.2).
 *
 * RFC 9110 13.2.2 has only an origin act on If-Match and If-Unmodified-Since, and RFC 9111 4.3.2 says that they are not
 * applicable to a cache. Where they hold, using what is stored and ignoring them is the same thing. Where they do not, the
 * client would get other bytes than it insists on, and COND_FAILED is returned: the request is to go forward, and whoever
 * answers it says 412 or has the newer version. */
enum cond_result cond_evaluate(const struct head *request, const struct cond_entry *e);

/* Does If-Range allow the range: absent, or equal by strong comparison, or an exactly equal date that is strong
 * (RFC 9110 13.1.5)? */
bool cond_if_range(const struct head *request, const struct cond_entry *e);

/* Has the request any condition (If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since)? */
bool cond_has_any(const struct head *request);

#endif
