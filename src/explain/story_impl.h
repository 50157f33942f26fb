/* What the parts of a story share. */
#ifndef CAIRN_EXPLAIN_STORY_IMPL_H
#define CAIRN_EXPLAIN_STORY_IMPL_H

#include "base/strbuf.h"
#include "cache/storable.h"
#include "explain/story.h"

/* What the response says about caching, as cache/ reads it. */
struct facts {
	struct head request;  /* the one that was answered; a plain GET where nobody told */
	struct head response; /* what is judged: 200 stands for a status that is not known, and for 304 */
	int64_t now_ms;       /* of the freshness below */
	struct cache_policy policy;
	struct meta meta;
	const struct cc *cc; /* in force for a shared cache */
	struct storable storable;
	struct lifetime lifetime;
	struct freshness fresh;
	struct lifetime at_home; /* of a browser's own copy */
	bool undated;            /* neither Date nor the time at which it came is known */
};

struct telling {
	const struct exchange *x;
	struct arena *a;
	struct story *s;
	struct facts f;
	const struct tier *confirmed_by; /* the tier that gave the 304; NULL: none did, or the origin */
	unsigned speaking;               /* tiers that say something about caching */
};

/* A list of remarks that grows at its end. */
struct remarks {
	struct telling *t;
	const struct remark **end;
};

void remark_add(struct remarks *r, struct str text, struct str source);

void facts_read(struct telling *t);
struct str verdict_tell(struct telling *t);
struct str why_tell(const struct telling *t);
void notes_tell(struct telling *t);
void policy_tell(struct telling *t);
void advice_tell(struct telling *t);

/* "the edge in Frankfurt (Fastly cache-fra1-FRA)": who tier `i` is, within a sentence. */
void who_is(const struct telling *t, unsigned i, struct strbuf *out);

/* Did the request ask caches to look further back whatever they have? */
bool asks_to_reload(const struct telling *t);

/* Does some tier tell what it tells holders of its token alone? Cairn's nodes add no-store to such a response. */
bool is_told_more(const struct telling *t);

/* Does some shared cache say that it has, or had, a copy? */
bool is_stored_somewhere(const struct telling *t);

/* Did a tier answer, or somebody in a tier's place, without the origin being asked? */
static inline bool
answered_from_store(const struct telling *t)
{
	return t->s->answered_by >= 0 && !t->s->origin_asked;
}

#endif
