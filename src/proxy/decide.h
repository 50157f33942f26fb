/* What to do about a request: found x asked x policy -> action and reason (trail.md section 1).
 *
 * Pure: no clock, no store; the caller looks up, works out freshness and coverage, and acts. Order of use: asked_read,
 * then what only the caller knows about the request; the lookup where asked_looks_up says so; decide.
 */
#ifndef CAIRN_PROXY_DECIDE_H
#define CAIRN_PROXY_DECIDE_H

#include "cache/fresh.h"
#include "cache/store.h"
#include "trail/verdict.h"

/* What the request says, as far as the decision looks at it. */
struct asked {
	enum method method;
	struct cc cc;
	bool no_cache; /* Cache-Control: no-cache, or Pragma: no-cache without any Cache-Control (RFC 9111 5.4) */
	/* The caller's: */
	bool has_body;
	bool upgrade;       /* asks to switch protocols */
	bool bypass;        /* a rule of the route says to bypass, beyond policy->enabled */
	enum reason unverified; /* of an intercepted request: why nobody knows that its answer is its host's */
	bool background;    /* the refresh behind an answer already given: only what is fresh by now ends it */
	bool upstream_down; /* every member of the route's group is known to be down */
};

/* Reads method and directives; the caller's members are cleared. */
void asked_read(struct asked *a, const struct head *request);

/* Is a lookup made for it at all? Where not, decide is called without `found` and `held`. */
bool asked_looks_up(const struct asked *a, const struct cache_policy *p);

/* Does the client take a response in this state, as far as its own demands go (RFC 9111 5.2.1)? */
bool asked_accepts(const struct asked *a, const struct freshness *f);

/* What the caller worked out about a found entry. */
struct held {
	struct freshness fresh;
	bool validator; /* it has an ETag or Last-Modified to ask with */
	bool covers;    /* it has every byte that the answer needs: none for HEAD, nor where a condition gives 304 */
	bool gap;   /* where it does not: what is missing can be fetched by itself, which is gap_first to gap_last */
	uint64_t gap_first, gap_last;
};

/* The answer is an error: may a stale response stand in for it, by the origin's leave or the client's (RFC 5861 4)? */
bool stale_stands_in(const struct asked *a, const struct freshness *f);

/* Nobody answers: is it stale for no longer than such things are kept, or than the origin allowed (RFC 9111 4.2.4)? */
bool stale_is_bearable(const struct freshness *f, const struct cache_policy *p);

enum action {
	ACT_DELIVER,             /* from the entry */
	ACT_DELIVER_AND_REFRESH, /* from the entry, and a background refresh behind it */
	ACT_FETCH,               /* forward; the answer may be stored; with `fill` only the gap is asked for */
	ACT_REVALIDATE,          /* forward with the entry's validators */
	ACT_BYPASS,              /* forward, past the cache: nothing is looked up or stored */
	ACT_REFUSE,              /* 504: only-if-cached, and nothing usable */
};

struct decision {
	enum action action;
	enum lookup lookup;
	enum fwd fwd;       /* FWD_NONE where it does not go forward */
	enum reason reason; /* REASON_NONE on a plain fresh hit */
	bool reload;        /* joins no flight begun before it, and none that is not a reload */
	bool fill; /* ACT_FETCH: ask for gap_first to gap_last alone, under If-Range where the entry has a strong
		    * validator; a part that may not be added to it (RFC 9110 15.3.7.3) means fetching the whole */
	bool stale_if_silent; /* forwarded, and nobody answers: the entry may be served stale (RFC 9111 4.2.4) */
	bool stale_if_error;  /* forwarded, and a 5xx comes: the same (RFC 5861 4) */
	uint64_t gap_first, gap_last;
};

/* `found` and `held` are NULL where no lookup was made; `held` counts only for FOUND_ENTRY. */
struct decision decide(const struct asked *a, const struct found *found, const struct held *held,
		       const struct cache_policy *p);

#endif
