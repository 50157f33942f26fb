#include "cache/key.h"

#include <stdlib.h>

#include "base/dec.h"
#include "base/must.h"
#include "http/uri.h"

#define SEPARATOR   "://"

/* RFC 9110 4.2.3: a port that is empty, or the scheme's default, names the same host. */
void
key_origin(struct strbuf *out, const struct key_parts *k)
{
	char *p = strbuf_room(out, k->scheme.n + k->host.n + KEY_ORIGIN_MORE);

	if (p == NULL)
		return;
	p = str_put_lower(p, k->scheme);
	memcpy(p, SEPARATOR, sizeof SEPARATOR - 1);
	p = str_put_lower(p + sizeof SEPARATOR - 1, k->host);
	if (k->port != 0 && k->port != (str_ieq(k->scheme, STR("https")) ? 443 : 80)) {
		*p++ = ':';
		p = dec_put(p, k->port);
	}
	out->n = (size_t)(p - out->p);
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
	struct param *params =
	    out->arena == NULL ? NULL : arena_alloc(out->arena, count_params(query) * sizeof *params);
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

/* Does all of a query count, in its order? */
static inline bool
takes_whole(const struct key_rules *rules)
{
	return rules == NULL || (rules->ignore_count == 0 && !rules->sort_query);
}

static void
add_target(struct strbuf *out, const struct key_rules *rules, struct str target)
{
	struct str query = target, path;

	if (!str_cut(&query, '?', &path)) {
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

struct key_parts
key_parts_of(struct str scheme, struct str authority, struct str target)
{
	struct key_parts parts = { .scheme = scheme, .host = authority, .target = target };

	uri_parse_host(authority, &parts.host, &parts.port);
	return parts;
}

struct str
key_other_scheme(struct str scheme)
{
	return str_ieq(scheme, STR("https")) ? STR("http") : STR("https");
}

/* Nearly always that is all of a key. */
static void
add_url(struct strbuf *out, struct str origin, struct str target)
{
	char *p = strbuf_room(out, origin.n + target.n);

	if (p != NULL)
		strbuf_took(out, str_put(str_put(p, origin), target));
}

static void
add_parts(struct strbuf *out, const struct key_parts *parts, const struct key_rules *rules)
{
	if (parts->origin.p != NULL)
		strbuf_add(out, parts->origin);
	else
		key_origin(out, parts);
	if (takes_whole(rules))
		strbuf_add(out, parts->target);
	else
		add_target(out, rules, parts->target);
}

struct key
key_write(const struct hash_secret *secret, const struct key_parts *parts, const struct key_rules *rules,
	  const struct head *request, struct strbuf *text)
{
	struct key key = { .text = STR_NONE };

	if (LIKELY(parts->origin.p != NULL && takes_whole(rules)))
		add_url(text, parts->origin, parts->target);
	else
		add_parts(text, parts, rules);
	add_fields(text, rules, request);
	if (text->over)
		return key;
	key.text = strbuf_str(text);
	key.hash = hash_keyed(secret, key.text);
	return key;
}

struct key
key_make(const struct hash_secret *secret, const struct key_parts *parts, const struct key_rules *rules,
	 const struct head *request, struct arena *a)
{
	struct strbuf text = strbuf_in(a, parts->scheme.n + parts->host.n + parts->target.n + KEY_ORIGIN_MORE);

	return key_write(secret, parts, rules, request, &text);
}

bool
key_of_url(const struct hash_secret *secret, struct str url, const struct key_rules *rules, struct arena *a,
	   struct key *out)
{
	struct key_parts parts;
	struct uri u;

	if (!uri_parse_target(url, false, &u) || u.form != URI_ABSOLUTE || u.userinfo)
		return false;
	if (!str_ieq(u.scheme, STR("http")) && !str_ieq(u.scheme, STR("https")))
		return false;
	parts = (struct key_parts){ u.scheme, u.host, u.port, uri_path(&u, a) };
	if (parts.target.p == NULL)
		return false;
	*out = key_make(secret, &parts, rules, NULL, a);
	return out->text.p != NULL;
}
