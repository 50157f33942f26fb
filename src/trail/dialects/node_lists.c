/* Makers whose fields name a node for each tier, and say little or nothing of what it did: Wangsu, Baishan, Kingsoft,
 * ChinaCache. Origin-first; a verdict is in X-Cache, if anywhere. */
#include "trail/dialect_impl.h"

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
