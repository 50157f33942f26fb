#include "cache/key.h"

#include <stdlib.h>

#include "http/uri.h"

static void
add_lower(struct strbuf *out, struct str s)
{
	char *p = strbuf_room(out, s.n);

	if (p == NULL)
		return;
	for (size_t i = 0; i < s.n; i++)
		p[i] = ascii_lower(s.p[i]);
	out->n += s.n;
}

/* RFC 9110 4.2.3: a port that is empty, or the scheme's default, names the same host. */
static void
add_host(struct strbuf *out, struct str scheme, struct str text)
{
	struct str host = text;
	uint16_t port = 0;

	if (str_chr(text, ':') >= 0)
		uri_parse_host(text, &host, &port);
	add_lower(out, host);
	if (port != 0 && port != (str_ieq(scheme, STR("https")) ? 443 : 80)) {
		strbuf_char(out, ':');
		strbuf_u64(out, port);
	}
}

/* ---- the query ---- */

struct param {
	struct str name;
	struct str text; /* name=value, as written */
};

/* By name alone, and where names are equal as they came: their order may matter to the origin. */
static int
by_name(const void *a, const void *b)
{
	const struct param *x = a, *y = b;
	int d = str_cmp(x->name, y->name);

	return d != 0 ? d : (x->text.p > y->text.p) - (x->text.p < y->text.p);
}

static bool
ignored(const struct key_rules *rules, struct str name)
{
	for (unsigned i = 0; i < rules->ignore_count; i++)
		if (str_glob(name, rules->ignore[i]))
			return true;
	return false;
}

/* The parameters of `query` that count, in `out`, which has room for all. */
static size_t
split(const struct key_rules *rules, struct str query, struct param *out)
{
	size_t count = 0;
	bool more;

	do {
		struct param p;
		struct str value;

		more = str_cut(&query, '&', &p.text);
		value = p.text;
		str_cut(&value, '=', &p.name);
		if (!ignored(rules, p.name))
			out[count++] = p;
	} while (more);
	return count;
}

static size_t
count_params(struct str query)
{
	size_t count = 1;

	for (size_t i = 0; i < query.n; i++)
		count += query.p[i] == '&';
	return count;
}

/* `query` without its `?`. Where nothing of it counts, the `?` goes too. */
static void
add_query(struct strbuf *out, const struct key_rules *rules, struct str query)
{
	struct param *params = arena_alloc(out->arena, count_params(query) * sizeof *params);
	size_t count;

	if (params == NULL) {
		out->over = true;
		return;
	}
	count = split(rules, query, params);
	if (rules->sort_query)
		qsort(params, count, sizeof *params, by_name);
	for (size_t i = 0; i < count; i++) {
		strbuf_char(out, i == 0 ? '?' : '&');
		strbuf_add(out, params[i].text);
	}
}

static void
add_target(struct strbuf *out, const struct key_rules *rules, struct str target)
{
	struct str query = target, path;

	if (rules == NULL || (rules->ignore_count == 0 && !rules->sort_query) || !str_cut(&query, '?', &path)) {
		strbuf_add(out, target);
		return;
	}
	strbuf_add(out, path);
	add_query(out, rules, query);
}

/* ---- fields that join ---- */

static void
add_escaped(struct strbuf *out, struct str s)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c > ' ' && c < 0x7f && c != '%')
			strbuf_char(out, s.p[i]);
		else
			strbuf_add(out, str_of((char[]){ '%', hex[c >> 4], hex[c & 15] }, 3));
	}
}

/* All lines as one value (RFC 9110 5.3). */
static void
add_field(struct strbuf *out, const struct head *request, struct str name)
{
	const char *sep = "=";

	for (uint32_t i = 0; i < request->count; i++) {
		const struct field *f = &request->fields[i];

		if (!str_ieq(field_name(f), name))
			continue;
		if (*sep == '=') {
			strbuf_char(out, ' ');
			strbuf_add(out, name);
		}
		strbuf_add(out, str_c(sep));
		add_escaped(out, field_value(f));
		sep = ",";
	}
}

static void
add_fields(struct strbuf *out, const struct key_rules *rules, const struct head *request)
{
	if (rules == NULL || request == NULL)
		return;
	for (unsigned i = 0; i < rules->field_count; i++)
		add_field(out, request, rules->fields[i]);
}

struct key
key_make(const struct hash_secret *secret, struct str scheme, struct str host, struct str target,
	 const struct key_rules *rules, const struct head *request, struct arena *a)
{
	struct strbuf text = strbuf_in(a, scheme.n + host.n + target.n + 16);
	struct key key = { .text = STR_NONE };

	add_lower(&text, scheme);
	strbuf_lit(&text, "://");
	add_host(&text, scheme, host);
	add_target(&text, rules, target);
	add_fields(&text, rules, request);
	if (text.over)
		return key;
	key.text = strbuf_str(&text);
	key.hash = hash_keyed(secret, key.text);
	return key;
}

bool
key_of_url(const struct hash_secret *secret, struct str url, const struct key_rules *rules, struct arena *a,
	   struct key *out)
{
	struct uri u;
	struct str path;

	if (!uri_parse_target(url, false, &u) || u.form != URI_ABSOLUTE || u.userinfo)
		return false;
	if (!str_ieq(u.scheme, STR("http")) && !str_ieq(u.scheme, STR("https")))
		return false;
	path = uri_path(&u, a);
	if (path.p == NULL)
		return false;
	*out = key_make(secret, u.scheme, u.authority, path, rules, NULL, a);
	return out->text.p != NULL;
}
