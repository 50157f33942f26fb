/* CDNs of China that name a node for each tier in a list of their own. What their codes mean is not written anywhere,
 * but for those of Huawei; what is read here is what can be inferred from many responses. */
#include "trail/dialect_impl.h"

/* ---- Huawei: Via, the client's side first; the cache has a word, the access node before it has none ---- */

/* "0,TCP_HIT,22" */
static const struct word *
huawei_word(struct str codes)
{
	struct str before;

	while (codes.n > 0) {
		const struct word *w;

		str_cut(&codes, ',', &before);
		w = words_find(&words_tcp, str_trim(before));
		if (w != NULL)
			return w;
	}
	return NULL;
}

static void
read_huawei_hops(struct reading *r)
{
	struct hop *access = NULL;

	for (struct hop *h = r->hops; h != NULL; h = h->behind) {
		const struct word *w = h->vendor == VENDOR_HUAWEI ? huawei_word(h->comment) : NULL;

		if (h->vendor == VENDOR_HUAWEI && w == NULL && access == NULL)
			access = h;
		if (w == NULL)
			continue;
		h->tier = found_add(r, VENDOR_HUAWEI);
		h->tier->tier.node = h->name;
		h->tier->listed[ORDER_VIA] = true;
		found_says(h->tier, w);
		found_shows(r, h->tier, TOLD_VIA, h->text);
		for (; access != NULL && access != h; access = access->behind)
			access->tier = h->tier;
		access = NULL;
	}
}

/* Whether the edge hit: this field decides. */
void
read_huawei(struct reading *r)
{
	struct str type = told_value(r, TOLD_X_HCS_PROXY_TYPE);
	struct found *edge;

	read_huawei_hops(r);
	if (!str_is(type, "0") && !str_is(type, "1"))
		return;
	edge = found_first(r, VENDOR_HUAWEI);
	if (edge == NULL)
		edge = found_add(r, VENDOR_HUAWEI);
	found_shows(r, edge, TOLD_X_HCS_PROXY_TYPE, type);
	if ((edge->tier.served == TIER_SERVED_HIT) != str_is(type, "1")) {
		if (edge->tier.served != TIER_SERVED_UNKNOWN)
			reading_note(r, "x-hcs-proxy-type contradicts the edge's word in Via, and goes before it.");
		edge->tier.lookup = str_is(type, "1") ? TIER_LOOKUP_HIT : TIER_LOOKUP_MISS;
		edge->tier.served = str_is(type, "1") ? TIER_SERVED_HIT : TIER_SERVED_MISS;
	}
}

/* ---- Baidu: "shaoxct53 [1], xaix53 [3]", the client's side first ---- */

static const struct word baidu[] = {
	WORD("0", UNKNOWN, ERROR, ""), WORD("1", MISS, MISS, ""), WORD("2", HIT, HIT, ""),
	WORD("3", HIT, HIT, ""),       WORD("4", HIT, HIT, ""),
};
static const struct words words_baidu = WORDS(baidu);

void
read_baidu(struct reading *r)
{
	struct run run = { ORDER_OWN, false, NULL };
	struct told_parts w = { 0 };
	struct str text;

	while (told_part(r, TOLD_OHC_CACHE_HIT, &w, &text)) {
		struct str codes, node = first_word(before_char(text, '['), &codes);
		struct found *f = found_add(r, VENDOR_BAIDU);

		codes = str_skip(text, before_char(text, '[').n);
		f->tier.node = node;
		if (codes.n > 2)
			found_says(f, words_find(&words_baidu, str_trim(str_of(codes.p + 1, codes.n - 2))));
		found_shows(r, f, TOLD_OHC_CACHE_HIT, text);
		found_follow(&run, f);
	}
	if (found_first(r, VENDOR_BAIDU) != NULL)
		reading_note(r, "What the numbers of Ohc-Cache-HIT mean is inferred: 0 an error, 1 a miss, 2 to 4 a "
				"hit; the edge first.");
}

/* ---- lists of nodes, origin-first; a verdict is in X-Cache, if anywhere ---- */

/* "1.1 PSzjjxdx10xa65:1 (Cdn Cache Server V2.0)" of Wangsu, "BC34_dx-lt-yd-fujian-xiamen-8-cache-3" of Baishan. */
static struct str
node_in(struct str text)
{
	struct str rest, first = first_word(text, &rest), second;

	if (rest.n == 0 || !ascii_digit(first.p[0]))
		return without_port(first);
	second = first_word(rest, &rest);
	return without_port(before_char(second, '('));
}

static void
read_nodes(struct reading *r, enum told t, enum vendor v)
{
	struct run run = { ORDER_OWN, false, NULL };

	for (const struct part *p = told_backwards(r, t); p != NULL; p = p->next) {
		struct str node = node_in(p->text);
		struct found *f = found_named(r, node, ORDER_OWN);

		if (!is_name(node))
			continue;
		if (f == NULL)
			f = found_add(r, v);
		f->tier.node = node;
		found_shows(r, f, t, p->text);
		found_follow(&run, f);
	}
}

void
read_wangsu(struct reading *r)
{
	read_nodes(r, TOLD_X_VIA, VENDOR_WANGSU);
}

void
read_baishan(struct reading *r)
{
	read_nodes(r, TOLD_X_SER, VENDOR_BAISHAN);
}

/* Its nodes run the other way, and have verdicts in X-Cache-Status under longer names. */
void
read_kingsoft(struct reading *r)
{
	struct found *edge = found_first(r, VENDOR_KINGSOFT);

	if (edge != NULL)
		found_shows(r, edge, TOLD_X_LINK_VIA, told_value(r, TOLD_X_LINK_VIA));
}

/* "CHN-SH-3-3A1[H,2]" */
void
read_chinacache(struct reading *r)
{
	struct run run = { ORDER_OWN, false, NULL };

	for (const struct part *p = told_backwards(r, TOLD_X_CC_VIA); p != NULL; p = p->next) {
		struct found *f = found_add(r, VENDOR_CHINACACHE);
		struct str rest, codes = str_skip(p->text, before_char(p->text, '[').n);

		f->tier.node = first_word(before_char(p->text, '['), &rest);
		if (codes.n > 2 && (codes.p[1] == 'H' || codes.p[1] == 'M'))
			found_says(f, words_find(&words_common, codes.p[1] == 'H' ? STR("HIT") : STR("MISS")));
		found_shows(r, f, TOLD_X_CC_VIA, p->text);
		found_follow(&run, f);
	}
}

/* ---- ByteDance: "TCP_MISS,TCP_HIT", and its nodes in Via without a protocol, both taken as origin-first ---- */

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
