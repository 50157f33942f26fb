#include "http/fields.h"
#include "trail/chain_impl.h"

#define NAME_MAX_SIZE 253

/* ---- text that is kept ---- */

static bool
is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

bool
chain_is_clean(struct str s)
{
	bool quoted = false, escaped = false;

	for (size_t i = 0; i < s.n; i++) {
		if (is_control(s.p[i]))
			return false;
		if (s.p[i] == '"' && !escaped)
			quoted = !quoted;
		escaped = quoted && !escaped && s.p[i] == '\\';
	}
	return !quoted;
}

/* What would break a line, or swallow the items behind it, becomes something harmless. Called for items that are not
 * clean, so quotes that do pair up may go with those that do not. */
static struct str
clean(struct str s, struct arena *a)
{
	char *p;

	if (chain_is_clean(s))
		return s;
	p = arena_alloc(a, s.n);
	if (p == NULL)
		return STR_NONE;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		p[i] = is_control(c) || c == ',' ? ' ' : c == '"' ? '\'' : c;
	}
	return str_trim(str_of(p, s.n));
}

/* ---- items ---- */

/* One name, of any vendor's making: visible, and nothing that would make it two words or two items. */
static bool
is_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x21 || s.p[i] > 0x7e || memchr("\"(),;<>\\", s.p[i], 8) != NULL)
			return false;
	return s.n > 0 && s.n <= NAME_MAX_SIZE;
}

/* Words that stand alone and name nobody: Varnish's, nginx's, Akamai's. */
static bool
is_bare_word(struct str text)
{
	static const struct str words[] = { STR_INIT("HIT"), STR_INIT("MISS"), STR_INIT("PASS"), STR_INIT("NONE") };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_ieq(text, words[i]))
			return true;
	return str_istarts(text, STR("TCP_")) && token_valid(text);
}

/* The length of "host" in "host:3128": digits behind the last colon are a port. */
static size_t
without_port(struct str host)
{
	ptrdiff_t colon = str_rchr(host, ':');
	uint64_t port;

	return colon > 0 && str_u64(str_skip(host, (size_t)colon + 1), &port) ? (size_t)colon : host.n;
}

/* The name in "HIT from proxy.local:3128 (note)", Squid's form; *word is "HIT". STR_NONE: the text has another form.
 * The port is left in. */
static struct str
find_host(struct str text, struct str *word)
{
	struct str rest = text, host;

	if (!str_cut(&rest, ' ', word) || !token_valid(*word) || !str_istarts(rest, STR("from ")))
		return STR_NONE;
	rest = str_skip(rest, 5);
	str_cut(&rest, ' ', &host);
	return is_name(host) ? host : STR_NONE;
}

static void
parse_item(struct chain_item *it)
{
	struct str word, host = find_host(it->text, &word);

	if (host.p == NULL) {
		it->shown = is_bare_word(it->text) ? (uint16_t)it->text.n : 0;
		return;
	}
	it->name_at = (uint16_t)(host.p - it->text.p);
	it->name_n = (uint16_t)without_port(host);
	it->shown = (uint16_t)(it->name_at + host.n);
	it->forward = str_ieq(word, STR("MISS"));
}

static bool
is_number(struct str s)
{
	uint64_t v;

	return str_u64(s, &v);
}

/* False: it cannot be kept. */
static bool
make_item(struct str text, enum chain_list list, struct arena *a, struct chain_item *out)
{
	text = clean(text, a);
	if (text.n == 0 || text.n > UINT16_MAX)
		return false;
	*out = (struct chain_item){ .text = text };
	if (list != CHAIN_HITS) {
		parse_item(out);
		return true;
	}
	out->shown = (uint16_t)text.n;
	return is_number(text);
}

static struct chain_items
read_items(const struct head *h, enum hdr id, enum chain_list list, struct arena *a, unsigned *dropped)
{
	struct chain_item near[CHAIN_MAX], *at;
	struct list_walk w = { 0 };
	struct str element;
	unsigned n = 0;

	while (list_walk(h, id, &w, &element)) {
		struct chain_item it;

		if (!make_item(element, list, a, &it)) {
			++*dropped;
			continue;
		}
		if (n == CHAIN_MAX) { /* the one nearest the origin goes */
			memmove(near, near + 1, --n * sizeof *near);
			++*dropped;
		}
		near[n++] = it;
	}
	at = n == 0 ? NULL : arena_alloc(a, n * sizeof *near);
	if (at != NULL)
		memcpy(at, near, n * sizeof *near);
	return (struct chain_items){ at, at == NULL ? 0 : n };
}

/* ---- the whole ---- */

/* A tier that writes one replaces the one it got; of several lines the last is the nearest's. */
static struct str
read_miss_from(const struct head *h)
{
	struct str last = STR_NONE;

	for (const struct field *f = head_first(h, HDR_X_CACHE_MISS_FROM); f != NULL; f = head_next(h, f))
		last = field_value(f);
	return is_name(last) ? last : STR_NONE;
}

static bool
is_empty(const struct chain *c)
{
	unsigned n = c->member_count + (c->miss_from.n > 0);

	for (int list = 0; list < CHAIN_LISTS; list++)
		n += c->list[list].n;
	return n == 0;
}

const struct chain *
chain_read(const struct head *response, struct arena *a, unsigned *dropped)
{
	static const enum hdr ids[CHAIN_LISTS] = {
		[CHAIN_X_CACHE] = HDR_X_CACHE,
		[CHAIN_LOOKUP] = HDR_X_CACHE_LOOKUP,
		[CHAIN_HITS] = HDR_X_CACHE_HITS,
	};
	struct chain *c = arena_zalloc(a, sizeof *c);

	*dropped = 0;
	if (c == NULL)
		return NULL;
	for (int list = 0; list < CHAIN_LISTS; list++)
		c->list[list] = read_items(response, ids[list], (enum chain_list)list, a, dropped);
	chain_status_read(c, response, a, dropped);
	c->miss_from = read_miss_from(response);
	return is_empty(c) || arena_failed(a) ? NULL : c;
}
