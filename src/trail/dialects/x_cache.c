/* X-Cache: a list that each tier appends to, origin-first, in which every maker has a form of his own. What an item
 * says is known by its form first; of one that is a plain HIT or MISS it is found out by what stands beside it. */
#include "trail/dialect_impl.h"

/* ---- parsing ---- */

struct item
item_of(struct str text)
{
	struct item it = { .text = text };
	struct str after;

	it.word = first_word(text, &it.rest);
	it.from = str_ieq(first_word(it.rest, &after), STR("from"));
	if (it.from)
		it.host = before_char(first_word(after, &it.more), '('); /* "node(baishan)" */
	return it;
}

/* "hit, server" of Shopify, "hit, cached" of example VCL: the second word says what the first is about. */
static bool
is_qualifier(struct str text)
{
	static const struct str words[] = { STR_INIT("server"),   STR_INIT("client"),  STR_INIT("cached"),
					    STR_INIT("uncached"), STR_INIT("private"), STR_INIT("public") };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_ieq(text, words[i]))
			return true;
	return false;
}

static void
parse(struct reading *r)
{
	struct item **next = &r->items;
	enum vendor qualified = VENDOR_UNKNOWN;

	for (const struct part *p = told_backwards(r, TOLD_X_CACHE); p != NULL; p = p->next) {
		struct item *it = is_qualifier(p->text) && p->next != NULL ? NULL : arena_alloc(r->a, sizeof *it);

		if (it == NULL) { /* Shopify alone says "server" */
			qualified = str_ieq(p->text, STR("server")) ? VENDOR_SHOPIFY_PAGE : VENDOR_UNKNOWN;
			continue;
		}
		*it = item_of(p->text);
		it->vendor = qualified;
		qualified = VENDOR_UNKNOWN;
		*next = it;
		next = &it->behind;
	}
}

/* ---- who wrote it ---- */

/* "HIT (3)" of some VCL counts its hits. */
static int64_t
count_in(const struct item *it)
{
	struct str s = it->rest;

	return s.n > 2 && s.p[0] == '(' && s.p[s.n - 1] == ')' ? number_of(str_of(s.p + 1, s.n - 2)) : TIER_NUMBER_NONE;
}

static bool
is_plain(const struct item *it)
{
	return (it->rest.n == 0 || count_in(it) != TIER_NUMBER_NONE) && words_find(&words_common, it->word) != NULL;
}

/* False: its words are nobody's. `plain` counts those that are told by what stands beside them. */
static bool
find_vendor(const struct reading *r, struct item *it, unsigned *plain)
{
	if (it->vendor != VENDOR_UNKNOWN)
		return true;
	if (!str_ieq(it->text, STR("HIT")) && !str_ieq(it->text, STR("MISS")) && form_of(r, it, &it->vendor))
		return true;
	if (!is_plain(it))
		return false;
	it->vendor = owner_of_plain(r, (*plain)++);
	return true;
}

/* ---- what it says ---- */

/* "hit/349878", "hit (126)", "frontend hit (126)": the verdict, and how often the copy has been used. */
static void
read_wikimedia(struct found *f, const struct item *it)
{
	struct str rest, word = first_word(it->rest, &rest), count = STR_NONE;

	if (str_ieq(word, STR("frontend")))
		word = first_word(rest, &rest);
	if (str_chr(word, '/') >= 0)
		count = str_skip(word, before_char(word, '/').n + 1);
	else if (rest.n > 2 && rest.p[0] == '(')
		count = str_of(rest.p + 1, rest.n - 2);
	f->tier.node = it->word;
	f->tier.hits = number_of(count);
	found_says(f, word_of(VENDOR_WIKIMEDIA, before_char(word, '/')));
}

static void
read_wpengine(struct found *f, const struct item *it)
{
	f->tier.hits = number_of(it->rest);
	found_says(f, word_of(VENDOR_WPENGINE, str_head(it->word, it->word.n - (it->rest.n > 0))));
}

/* One token of Azure's and one of CloudFront's tell of two tiers: who was asked, and who had it. */
static void
add_behind(struct reading *r, struct found *f, struct str node, struct str evidence)
{
	struct run run = { ORDER_OWN, false, f };
	struct found *behind = found_add(r, f->tier.vendor);

	behind->tier.node = node;
	found_says(behind, words_find(&words_common, STR("HIT")));
	found_shows(r, behind, TOLD_X_CACHE, evidence);
	found_follow(&run, behind);
}

static void
read_form(struct reading *r, struct found *f, const struct item *it)
{
	struct str rest;

	switch (it->vendor) {
	case VENDOR_WIKIMEDIA:
		read_wikimedia(f, it);
		break;
	case VENDOR_WPENGINE:
		read_wpengine(f, it);
		break;
	case VENDOR_ALIBABA:
		found_says(f, word_of(VENDOR_ALIBABA, it->rest.n > 0 ? first_word(it->rest, &rest) : it->word));
		break;
	case VENDOR_EDGECAST:
		edgecast_says(f, it);
		break;
	default:
		found_says(f, word_of(it->vendor, it->word));
		f->tier.hits = count_in(it);
	}
	if (str_ieq(it->word, STR("TCP_REMOTE_HIT")))
		add_behind(r, f, STR_NONE, it->text);
	if (str_ieq(it->word, STR("OriginShieldHit")))
		add_behind(r, f, STR("Origin Shield"), it->text);
}

/* The tier that it speaks of: one that is known by that name, or a new one. */
static struct found *
tier_of(struct reading *r, const struct item *it)
{
	bool named = it->vendor != VENDOR_CLOUDFRONT && it->vendor != VENDOR_EDGECAST;
	struct str node = named ? without_port(it->host) : STR_NONE;
	struct found *f = node.n > 0 ? found_named(r, node, ORDER_X_CACHE) : NULL;

	if (f == NULL && it->vendor == VENDOR_ATS)
		f = found_free(r, VENDOR_ATS, ORDER_X_CACHE);
	if (f == NULL) {
		f = found_add(r, it->vendor);
		f->tier.node = owner_node(r, it->vendor);
	}
	if (f->tier.vendor == VENDOR_UNKNOWN)
		f->tier.vendor = it->vendor;
	if (node.n > 0)
		f->tier.node = node;
	return f;
}

/* Its text names whom it came from, where it says that it missed. */
bool
item_says_miss(const struct item *it)
{
	return it->from && it->word.n >= 4 && str_ieq(str_skip(it->word, it->word.n - 4), STR("MISS"));
}

static void
read_item(struct reading *r, struct item *it)
{
	it->tier = tier_of(r, it);
	found_shows(r, it->tier, TOLD_X_CACHE, it->text);
	read_form(r, it->tier, it);
	if (item_says_miss(it))
		it->tier->tier.miss_from = it->host;
}

/* ---- the list ---- */

void
read_x_cache(struct reading *r)
{
	struct run run = { ORDER_X_CACHE, false, NULL }, akamai = { ORDER_OWN, true, NULL };
	unsigned plain = 0;

	parse(r);
	for (struct item *it = r->items; it != NULL; it = it->behind) {
		if (!find_vendor(r, it, &plain)) {
			told_is_unknown(r, TOLD_X_CACHE, it->text);
			continue;
		}
		read_item(r, it);
		found_follow(str_ieq(it->host, STR("child")) || str_ieq(it->host, STR("parent")) ? &akamai : &run,
			     it->tier);
	}
}
