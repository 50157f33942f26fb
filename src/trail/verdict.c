#include "trail/verdict.h"

#include "base/must.h"

static const struct str fwd_tokens[] = {
	[FWD_NONE] = STR_INIT(""),
	[FWD_BYPASS] = STR_INIT("bypass"),
	[FWD_METHOD] = STR_INIT("method"),
	[FWD_URI_MISS] = STR_INIT("uri-miss"),
	[FWD_VARY_MISS] = STR_INIT("vary-miss"),
	[FWD_MISS] = STR_INIT("miss"),
	[FWD_STALE] = STR_INIT("stale"),
	[FWD_REQUEST] = STR_INIT("request"),
	[FWD_PARTIAL] = STR_INIT("partial"),
};

static const struct str lookup_words[] = {
	[LOOKUP_NONE] = STR_INIT("NONE"),
	[LOOKUP_MISS] = STR_INIT("MISS"),
	[LOOKUP_HIT] = STR_INIT("HIT"),
};

void
verdict_check(const struct verdict *v)
{
	MUST(!v->hit || v->lookup == LOOKUP_HIT);
	MUST(v->hit + (v->fwd != FWD_NONE) + v->made_up == 1);
	MUST((v->hits > 0) == v->hit);
}

struct str
fwd_token(enum fwd f)
{
	return fwd_tokens[f];
}

struct str
lookup_word(enum lookup l)
{
	return lookup_words[l];
}

enum fwd
fwd_for_absent(bool other_variants)
{
	return other_variants ? FWD_VARY_MISS : FWD_URI_MISS;
}
