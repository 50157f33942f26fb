#include "explain/said.h"

#include "explain/words.h"

#define RECORD_MOST ((size_t)100)

struct str
said_found(const struct tier *t)
{
	if (t->says_nothing)
		return STR("It says nothing about caching.");
	if (t->reason.n > 0)
		return STR("");
	if (t->served == TIER_SERVED_MISS && t->lookup == TIER_LOOKUP_HIT)
		return STR("It had a copy, and asked further back all the same.");
	if (t->served == TIER_SERVED_MISS && t->lookup == TIER_LOOKUP_STALE)
		return STR("It had a copy that was no longer fresh, and was sent a new one.");
	if (t->served == TIER_SERVED_REVALIDATED)
		return STR("It asked whether its copy is still good, and used it.");
	if (t->served == TIER_SERVED_STALE)
		return STR("It used a copy that was no longer fresh.");
	return STR("");
}

struct str
said_origin(const struct story *s)
{
	if (s->origin_asked)
		return STR(", asked");
	if (s->made_by >= 0)
		return STR(", from which nothing came");
	if (s->answered_by >= 0 && s->tiers.tier[s->answered_by].served == TIER_SERVED_STALE)
		return STR(", from which nothing new came");
	if (may_have_asked(s))
		return STR(", not asked, or asked to confirm it");
	return STR(", not asked");
}

struct str
said_when(const struct story *s)
{
	return may_have_asked(s) ? STR("when the copy was made or confirmed") : STR("when the copy was made");
}

static bool
has_numbers(const struct tier *t)
{
	return t->hits > 0 || t->age >= 0 || t->ttl != TIER_NUMBER_NONE || t->took_us > 0 || t->record.n > 0;
}

void
said_numbers(const struct tier *t, struct strbuf *out)
{
	size_t from;

	if (t->frozen && has_numbers(t))
		strbuf_lit(out, "then ");
	from = out->n;
	if (t->hits > 0) {
		strbuf_lit(out, "used ");
		words_count(out, (uint64_t)t->hits, STR("time"), STR("times"));
	}
	if (t->age >= 0) {
		strbuf_add(out, out->n > from ? STR(", ") : STR(""));
		words_time(out, t->age);
		strbuf_lit(out, " old");
	}
	if (t->ttl != TIER_NUMBER_NONE) {
		strbuf_add(out, out->n > from ? STR(", ") : STR(""));
		strbuf_add(out, t->ttl >= 0 ? STR("fresh for another ") : STR("stale for "));
		words_time(out, t->ttl >= 0 ? t->ttl : -t->ttl);
	}
	if (t->took_us > 0) {
		strbuf_add(out, out->n > from ? STR(", ") : STR(""));
		strbuf_lit(out, "took ");
		words_us(out, t->took_us);
	}
	if (t->record.n > 0) {
		strbuf_add(out, out->n > from ? STR(", ") : STR(""));
		strbuf_lit(out, "record ");
		words_harmless(out, t->record, RECORD_MOST);
	}
}
