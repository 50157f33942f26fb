#include "explain/browser.h"
#include "explain/story_impl.h"

/* Who answered: from the client's side on, the first whose words of this request say that it used its own copy. */
static void
find_answer(struct telling *t)
{
	struct story *s = t->s;

	for (unsigned i = 0; i < s->tiers.count; i++) {
		const struct tier *tier = &s->tiers.tier[i];

		if (tier->frozen)
			return;
		if (tier->says_nothing)
			continue;
		if (tier->made_up && s->answered_by < 0) {
			s->made_by = (int)i;
			return;
		}
		switch (tier->served) {
		case TIER_SERVED_HIT:
		case TIER_SERVED_STALE:
			if (s->answered_by < 0)
				s->answered_by = (int)i;
			else
				t->confirmed_by = tier;
			return;
		case TIER_SERVED_REVALIDATED:
			if (s->answered_by < 0)
				s->answered_by = (int)i;
			break;
		default:
			break;
		}
	}
	s->origin_asked = true;
}

bool
is_told_more(const struct telling *t)
{
	for (unsigned i = 0; i < t->s->tiers.count; i++)
		if (t->s->tiers.tier[i].record.n > 0)
			return true;
	return false;
}

bool
is_stored_somewhere(const struct telling *t)
{
	for (unsigned i = 0; i < t->s->tiers.count; i++) {
		const struct tier *tier = &t->s->tiers.tier[i];

		if (!browser_owns(tier) && (tier->lookup == TIER_LOOKUP_HIT || tier->lookup == TIER_LOOKUP_STALE))
			return true;
	}
	return false;
}

static void
count_speaking(struct telling *t)
{
	for (unsigned i = 0; i < t->s->tiers.count; i++)
		t->speaking += !t->s->tiers.tier[i].says_nothing;
}

void
remark_add(struct remarks *r, struct str text, struct str source)
{
	struct remark *one = arena_alloc(r->t->a, sizeof *one);

	if (one == NULL)
		return;
	*one = (struct remark){ text, source, NULL };
	*r->end = one;
	r->end = &one->next;
}

bool
story_tell(const struct exchange *x, struct arena *a, struct story *out)
{
	struct telling t = { .x = x, .a = a, .s = out };
	bool whole;

	*out = (struct story){ .of = x, .answered_by = -1, .made_by = -1 };
	whole = tiers_read(&x->response, x->has_request ? &x->request : NULL, a, &out->tiers);
	whole = browser_tiers(x, a, &out->tiers) && whole;
	count_speaking(&t);
	find_answer(&t);
	facts_read(&t);
	out->verdict = verdict_tell(&t);
	out->why = why_tell(&t);
	notes_tell(&t);
	policy_tell(&t);
	advice_tell(&t);
	return whole && !arena_failed(a);
}
