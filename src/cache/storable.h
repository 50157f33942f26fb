/* May a shared cache store this response? RFC 9111 3, and what a route's policy says. Pure. */
#ifndef CAIRN_CACHE_STORABLE_H
#define CAIRN_CACHE_STORABLE_H

#include "cache/fresh.h"
#include "trail/reason.h"

/* Rows in tbl/unstorable.def: why not. */
enum unstorable {
#define UNSTORABLE(id, token, sentence, source) UNSTORABLE_##id,
#include "tbl/unstorable.def"
#undef UNSTORABLE
	UNSTORABLE_COUNT
};

struct str unstorable_token(enum unstorable u);
struct str unstorable_sentence(enum unstorable u);
struct str unstorable_source(enum unstorable u);

struct storable {
	enum unstorable why;  /* UNSTORABLE_NOT: it may be stored */
	bool remember;        /* the reason lies in the response and will likely be so again: mark the URL */
	bool shareable;       /* those who waited for it may have it too */
};

/* `request` is the request that was answered. Takes memory from the response's arena. */
struct storable storable_judge(const struct meta *m, const struct head *request, const struct head *response,
                               const struct cache_policy *p, int64_t now_ms);

/* May what a 304 or a HEAD's 200 made of a stored response (stored_updated) take its place? Where not, the stored one goes
 * if `remember` says that the response itself forbids it, and stays as it was otherwise. */
struct storable storable_judge_update(const struct meta *m, const struct head *request, const struct head *updated,
                                      const struct cache_policy *p, int64_t now_ms);

#endif
