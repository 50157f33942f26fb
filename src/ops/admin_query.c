/* What the query of a request to the admin port says. */
#include "http/uri.h"
#include "ops/admin_impl.h"

/* ---- parameters ---- */

static int
hex(char c)
{
	if (ascii_digit(c))
		return c - '0';
	c = ascii_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A percent that begins no pair of digits stands for itself; so does a plus, which URLs are full of. */
static struct str
decode(struct str s, struct arena *a)
{
	struct strbuf out = strbuf_in(a, s.n + 1);

	for (size_t i = 0; i < s.n; i++) {
		int high = s.p[i] == '%' && s.n - i > 2 ? hex(s.p[i + 1]) : -1;
		int low = high >= 0 ? hex(s.p[i + 2]) : -1;

		strbuf_char(&out, low >= 0 ? (char)(16 * high + low) : s.p[i]);
		i += low >= 0 ? 2 : 0;
	}
	return strbuf_str(&out);
}

/* The next one of that name. Start with *rest = the query. */
static bool
next_param(struct str *rest, struct str name, struct arena *a, struct str *value)
{
	struct str pair, key;

	while (rest->n > 0) {
		str_cut(rest, '&', &pair);
		str_cut(&pair, '=', &key);
		if (!str_eq(key, name))
			continue;
		*value = decode(pair, a);
		return true;
	}
	return false;
}

struct str
admin_param(const struct admin_request *q, struct str name)
{
	struct str rest = q->query, value;

	return next_param(&rest, name, q->arena, &value) ? value : STR_NONE;
}

bool
admin_flag(const struct admin_request *q, struct str name)
{
	struct str value = admin_param(q, name);

	return value.p != NULL && !str_eq(value, STR("0")) && !str_eq(value, STR("false"));
}

/* ---- the request asked about ---- */

static bool
refuse(struct admin_reply *out, const char *why)
{
	admin_say(out, 400, "%s\n", why);
	return false;
}

/* Parsed like any other, from text: then it is held to the same rules. */
static bool
make_head(struct admin_asked *a, const struct admin_request *q, struct admin_reply *out)
{
	const struct conf_limits *l = &a->conf->limits;
	struct head_limits limits = { (uint32_t)l->head, (uint32_t)l->target, (uint32_t)l->fields };
	struct strbuf text = strbuf_in(q->arena, 1024);
	struct str rest = q->query, line;
	struct head_scan scan = { 0 };
	enum fault fault = FAULT_HEAD_TOO_LARGE;
	size_t used;

	strbuf_printf(&text, "GET %.*s HTTP/1.1\r\nHost: %.*s\r\n", STR_FMT(a->target), STR_FMT(a->host));
	while (next_param(&rest, STR("header"), q->arena, &line))
		strbuf_printf(&text, "%.*s\r\n", STR_FMT(line));
	strbuf_lit(&text, "\r\n");
	head_init(&a->head, q->arena);
	if (!text.over && head_parse_request(&a->head, strbuf_str(&text), &limits, &scan, &used, &fault) == HEAD_OK)
		return true;
	admin_say(out, 400, "No such request can be: %.*s.\n", STR_FMT(fault_sentence(fault)));
	return false;
}

static const struct key_rules *
rules(const struct admin_asked *a)
{
	return a->route == NULL ? NULL : &a->route->policy.key;
}

static struct key
key_in(const struct admin_asked *a, struct str scheme, const struct admin_request *q)
{
	struct key_parts parts = key_parts_of(scheme, a->host, a->target);

	return key_make(store_secret(q->node->store), &parts, rules(a), &a->head, q->arena);
}

/* Where no proxy tells of https, all is stored under http, an https URL too. */
static bool
make_key(struct admin_asked *a, const struct admin_request *q, struct admin_reply *out)
{
	bool apart = conf_knows_https(a->conf);

	a->key = key_in(a, apart ? a->scheme : STR("http"), q);
	if (apart)
		a->other = key_in(a, key_other_scheme(a->scheme), q);
	return a->key.text.p != NULL || refuse(out, "The URL is too long.");
}

static bool
read_url(struct admin_asked *a, const struct admin_request *q, struct admin_reply *out)
{
	struct str url = admin_param(q, STR("url"));
	struct uri u;

	if (url.p == NULL)
		return refuse(out, "Which URL? Add ?url=http://host/path, with & in it as %26 and % as %25.");
	if (!uri_parse_target(url, false, &u) || u.form != URI_ABSOLUTE || u.userinfo ||
	    !(str_ieq(u.scheme, STR("http")) || str_ieq(u.scheme, STR("https"))))
		return refuse(out, "That is no URL of the form http://host/path.");
	a->scheme = u.scheme;
	a->host = u.authority;
	a->target = uri_path(&u, q->arena);
	if (a->target.p == NULL)
		return refuse(out, "The URL is too long.");
	a->route = conf_route_for(a->conf, u.host, a->target);
	return true;
}

bool
admin_asked_begin(struct admin_asked *a, const struct admin_request *q, struct admin_reply *out)
{
	*a = (struct admin_asked){ .conf = node_conf(q->node) };
	if (read_url(a, q, out) && make_head(a, q, out) && make_key(a, q, out))
		return true;
	admin_asked_end(a);
	return false;
}

void
admin_asked_end(struct admin_asked *a)
{
	conf_unref(&a->conf);
}
