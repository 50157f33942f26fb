/* ByteDance: X-Bdcdn-Cache-Status, "TCP_MISS,TCP_HIT", and its nodes in Via without a protocol. Both are taken as
 * origin-first, as Via is. */
#include "trail/dialect_impl.h"

static struct hop *
bytedance_hop(struct hop *h)
{
	while (h != NULL &&
	       !(h->vendor == VENDOR_UNKNOWN && h->tier == NULL && h->comment.p == NULL && h->text.n == h->name.n))
		h = h->behind;
	return h;
}

static void
add_bytedance(struct reading *r, struct run *run, enum told t, struct str text, const struct word *w)
{
	struct found *f = found_add(r, VENDOR_BYTEDANCE);
	struct hop *h = bytedance_hop(r->hops);

	if (h != NULL) {
		h->tier = f;
		f->listed[ORDER_VIA] = true;
		f->tier.node = h->name;
		found_shows(r, f, TOLD_VIA, h->text);
	}
	found_says(f, w);
	found_shows(r, f, t, text);
	found_follow(run, f);
}

/* One word for all of them. */
static void
read_bytedance_word(struct reading *r, struct run *run)
{
	struct str word = told_value(r, TOLD_X_RESPONSE_CACHE);
	const struct word *miss = words_find(&words_common, STR("MISS")), *hit = words_find(&words_common, STR("HIT"));
	bool parent = str_ieq(word, STR("parent_hit"));

	if (parent || str_ieq(word, STR("miss")))
		add_bytedance(r, run, TOLD_X_RESPONSE_CACHE, word, miss);
	if (parent || str_ieq(word, STR("edge_hit")))
		add_bytedance(r, run, TOLD_X_RESPONSE_CACHE, word, hit);
}

void
read_bytedance(struct reading *r)
{
	struct run run = { ORDER_OWN, false, NULL };

	for (const struct part *p = told_backwards(r, TOLD_X_BDCDN_CACHE_STATUS); p != NULL; p = p->next) {
		const struct word *w = word_of(VENDOR_BYTEDANCE, p->text);

		if (w != NULL)
			add_bytedance(r, &run, TOLD_X_BDCDN_CACHE_STATUS, p->text, w);
	}
	if (run.last == NULL)
		read_bytedance_word(r, &run);
}
