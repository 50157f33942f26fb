/* An entry of the page: a line, and the story that it opens to. */
#include "explain/page_impl.h"
#include "explain/said.h"
#include "explain/words.h"
#include "http/status.h"

#define LINE_MOST  ((size_t)200) /* bytes shown in a line */
#define VALUE_MOST ((size_t)2000)
#define TEXT_MOST  ((size_t)8000)

/* ---- who answered ---- */

static const struct {
	struct str name, title;
} by_rows[] = {
	[BY_BROWSER] = { STR_INIT("browser"), STR_INIT("The browser itself") },
	[BY_EDGE] = { STR_INIT("edge"), STR_INIT("The first cache") },
	[BY_SECOND] = { STR_INIT("second"), STR_INIT("The second cache") },
	[BY_INNER] = { STR_INIT("inner"), STR_INIT("A cache further back") },
	[BY_ORIGIN] = { STR_INIT("origin"), STR_INIT("The origin") },
	[BY_NOBODY] = { STR_INIT("nobody"), STR_INIT("Nobody says so") },
};

struct str
page_by_class(enum page_by by)
{
	return by_rows[by].name;
}

struct str
page_by_title(enum page_by by)
{
	return by_rows[by].title;
}

static bool
is_browsers(const struct tier *t)
{
	return t->vendor == VENDOR_BROWSER || t->vendor == VENDOR_SERVICE_WORKER;
}

enum page_by
page_by(const struct story *s)
{
	unsigned before = 0;

	if (s->answered_by < 0)
		return s->origin_asked ? BY_ORIGIN : BY_NOBODY;
	if (is_browsers(&s->tiers.tier[s->answered_by]))
		return BY_BROWSER;
	for (int i = 0; i < s->answered_by; i++)
		before += !is_browsers(&s->tiers.tier[i]) && !s->tiers.tier[i].says_nothing;
	return before == 0 ? BY_EDGE : before == 1 ? BY_SECOND : BY_INNER;
}

/* ---- text ---- */

static void
put_escaped(struct strbuf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		switch (s.p[i]) {
		case '<':
			strbuf_lit(out, "&lt;");
			break;
		case '>':
			strbuf_lit(out, "&gt;");
			break;
		case '&':
			strbuf_lit(out, "&amp;");
			break;
		case '"':
			strbuf_lit(out, "&quot;");
			break;
		case '\'':
			strbuf_lit(out, "&#39;");
			break;
		default:
			strbuf_char(out, s.p[i]);
		}
	}
}

void
page_put(struct strbuf *out, struct str text, size_t most)
{
	char room[1024];
	struct strbuf safe = strbuf_over(room, sizeof room, out->arena);

	words_harmless(&safe, text, most);
	out->over = out->over || safe.over;
	put_escaped(out, strbuf_str(&safe));
}

/* <tag class="name">text</tag>; nothing for nothing. */
static void
put_in(struct strbuf *out, const char *tag, const char *name, struct str text)
{
	if (text.n == 0)
		return;
	strbuf_printf(out, name[0] == '\0' ? "<%s%s>" : "<%s class=\"%s\">", tag, name);
	page_put(out, text, TEXT_MOST);
	strbuf_printf(out, "</%s>", tag);
}

/* ---- the line ---- */

/* Splits "https://host/path": the host, and what is behind it. */
static void
split_url(struct str url, struct str *host, struct str *path)
{
	ptrdiff_t scheme = str_find(url, STR("://")), slash;
	struct str rest = scheme < 0 ? url : str_skip(url, (size_t)scheme + 3);

	slash = str_chr(rest, '/');
	*host = scheme < 0 ? STR("") : str_head(rest, slash < 0 ? rest.n : (size_t)slash);
	*path = scheme < 0 ? url : str_skip(rest, host->n);
}

static void
put_what(struct strbuf *out, const struct exchange *x)
{
	struct str host, path;

	split_url(x->url, &host, &path);
	strbuf_lit(out, "<span class=\"what\">");
	if (x->method.n > 0 && !str_is(x->method, "GET"))
		put_in(out, "b", "", str_head(x->method, 20));
	if (x->url.n == 0)
		page_put(out, x->from.n > 0 ? x->from : STR("a response"), LINE_MOST);
	strbuf_char(out, ' ');
	page_put(out, path, LINE_MOST);
	put_in(out, "span", "host", str_head(host, LINE_MOST));
	strbuf_lit(out, "</span>");
}

/* "Fastly Frankfurt", "Cairn edge-1" */
static void
put_who(struct strbuf *out, const struct story *s, enum page_by by)
{
	const struct tier *t = s->answered_by < 0 ? NULL : &s->tiers.tier[s->answered_by];
	struct str town = t == NULL ? STR("") : words_town(t->place);

	strbuf_lit(out, "<span class=\"who dot\">");
	if (t == NULL) {
		strbuf_add(out, by == BY_ORIGIN ? STR("the origin") : STR("-"));
	} else {
		strbuf_add(out, vendor_title(t->vendor));
		strbuf_char(out, ' ');
		page_put(out, town.n > 0 ? town : t->node, LINE_MOST);
	}
	strbuf_lit(out, "</span>");
}

/* What the nearest cache served that says anything: the browser's own, or the first on the network. */
static struct str
nearest_word(const struct story *s)
{
	for (unsigned i = 0; i < s->tiers.count; i++)
		if (!s->tiers.tier[i].says_nothing)
			return tier_served_word(s->tiers.tier[i].served);
	return STR("");
}

static void
put_number(struct strbuf *out, const char *name, int64_t v, void (*put)(struct strbuf *, int64_t))
{
	strbuf_printf(out, "<span class=\"num %s\">", name);
	if (v >= 0)
		put(out, v);
	strbuf_lit(out, "</span>");
}

static void
put_bytes(struct strbuf *out, int64_t n)
{
	words_bytes(out, (uint64_t)n);
}

static void
put_data(struct strbuf *out, const struct story *s, enum page_by by)
{
	struct str host, path;

	split_url(s->of->url, &host, &path);
	strbuf_lit(out, "\" data-by=\"");
	strbuf_add(out, page_by_title(by));
	strbuf_lit(out, "\" data-host=\"");
	page_put(out, host, LINE_MOST);
	strbuf_lit(out, "\" data-why=\"");
	page_put(out, s->why, VALUE_MOST);
	strbuf_char(out, '"');
}

void
page_entry_line(struct strbuf *out, const struct story *s, enum page_by by, unsigned number)
{
	const struct exchange *x = s->of;
	struct str word = nearest_word(s);

	strbuf_printf(out, "<li id=\"e%u\" class=\"entry %s", number, page_by_class(by).p);
	put_data(out, s, by);
	strbuf_lit(out, "><details><summary>");
	put_what(out, x);
	strbuf_lit(out, "<span class=\"status\">");
	if (x->response.status != 0)
		strbuf_i64(out, x->response.status);
	strbuf_lit(out, "</span>");
	put_who(out, s, by);
	strbuf_printf(out, "<span class=\"word %.*s\">%.*s</span>", STR_FMT(word), STR_FMT(word));
	put_number(out, "size", x->wire_bytes >= 0 ? x->wire_bytes : x->body_bytes, put_bytes);
	put_number(out, "time", x->all_us, words_us);
}

/* ---- the way from the client to the origin ---- */

static void
put_evidence(struct strbuf *out, const struct evidence *e)
{
	if (e == NULL)
		return;
	strbuf_lit(out, "<ul class=\"ev\">");
	for (; e != NULL; e = e->next) {
		strbuf_lit(out, "<li>");
		page_put(out, e->name, LINE_MOST);
		strbuf_lit(out, ": ");
		page_put(out, e->value, VALUE_MOST);
		strbuf_lit(out, "</li>");
	}
	strbuf_lit(out, "</ul>");
}

static void
put_tier(struct strbuf *out, const struct story *s, const struct tier *t)
{
	struct str word = tier_served_word(t->served), town = words_town(t->place);
	char room[256];
	struct strbuf numbers = strbuf_over(room, sizeof room, out->arena);

	strbuf_printf(out, "<li class=\"%.*s%s\">", STR_FMT(word), t->frozen ? " frozen" : "");
	put_in(out, "span", "word", word);
	strbuf_lit(out, " <strong>");
	strbuf_add(out, vendor_title(t->vendor));
	strbuf_char(out, ' ');
	page_put(out, t->node, VALUE_MOST);
	strbuf_lit(out, "</strong> ");
	put_in(out, "span", "", town.n > 0 ? town : t->place);
	if (t->frozen) {
		strbuf_char(out, ' ');
		put_in(out, "em", "", said_when(s));
	}
	put_in(out, "p", "", said_found(t));
	put_in(out, "p", "", t->reason);
	said_numbers(t, &numbers);
	put_in(out, "p", "", strbuf_str(&numbers));
	put_evidence(out, t->evidence);
	strbuf_lit(out, "</li>");
}

static void
put_way(struct strbuf *out, const struct story *s)
{
	if (s->tiers.count == 0)
		return;
	strbuf_lit(out, "<ol class=\"way\"><li class=\"end\">you</li>");
	for (unsigned i = 0; i < s->tiers.count; i++)
		put_tier(out, s, &s->tiers.tier[i]);
	strbuf_printf(out, "<li class=\"end last%s\">the origin%.*s</li></ol>", s->origin_asked ? "" : " frozen",
		      STR_FMT(said_origin(s)));
}

/* ---- remarks ---- */

/* "RFC 9111 5.2" leads to the paragraph. */
static void
put_source(struct strbuf *out, struct str source)
{
	struct str section = source, rfc, number;

	str_cut(&section, ' ', &rfc);
	str_cut(&section, ' ', &number);
	strbuf_char(out, ' ');
	if (!str_is(rfc, "RFC") || section.n == 0) {
		put_in(out, "span", "src", source);
		return;
	}
	strbuf_lit(out, "<a href=\"https://www.rfc-editor.org/rfc/rfc");
	page_put(out, number, LINE_MOST);
	strbuf_lit(out, "#section-");
	page_put(out, section, LINE_MOST);
	strbuf_lit(out, "\">");
	page_put(out, source, LINE_MOST);
	strbuf_lit(out, "</a>");
}

static void
put_remarks(struct strbuf *out, const char *title, const struct remark *r)
{
	if (r == NULL)
		return;
	strbuf_printf(out, "<h3>%s</h3><ul class=\"remarks\">", title);
	for (; r != NULL; r = r->next) {
		strbuf_lit(out, "<li>");
		page_put(out, r->text, TEXT_MOST);
		if (r->source.n > 0)
			put_source(out, r->source);
		strbuf_lit(out, "</li>");
	}
	strbuf_lit(out, "</ul>");
}

/* ---- all of it ---- */

static void
put_facts(struct strbuf *out, const struct exchange *x)
{
	strbuf_lit(out, "<p class=\"faint\">");
	page_put(out, x->from, LINE_MOST);
	strbuf_add(out, x->from.n > 0 ? STR(" &middot; ") : STR(""));
	if (x->response.status != 0) {
		strbuf_i64(out, x->response.status);
		strbuf_char(out, ' ');
		strbuf_add(out, status_reason(x->response.status));
	}
	if (x->server_ip.n > 0) {
		strbuf_lit(out, " &middot; from ");
		page_put(out, x->server_ip, LINE_MOST);
	}
	if (x->wait_us >= 0) {
		strbuf_lit(out, " &middot; first byte after ");
		words_us(out, x->wait_us);
	}
	strbuf_lit(out, "</p>");
}

void
page_entry_story(struct strbuf *out, const struct story *s)
{
	strbuf_lit(out, "</summary><div class=\"story\">");
	put_in(out, "p", "verdict", s->verdict);
	put_in(out, "p", "url", s->of->url);
	put_facts(out, s->of);
	put_way(out, s);
	put_remarks(out, "What to make of it", s->notes);
	put_remarks(out, "What the response says about caching", s->policy);
	put_remarks(out, "To make it a hit", s->advice);
	strbuf_lit(out, "</div></details></li>\n");
}
