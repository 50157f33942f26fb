/* What curl and wget say beside the heads, of the URL, the address and TLS; and the command itself, where it was copied
 * with its output. */
#include "explain/blocks_impl.h"

static void
keep_url(struct clues *c, struct str url)
{
	if (url.n > sizeof c->url)
		return;
	memcpy(c->url, url.p, url.n);
	c->url_n = url.n;
}

static void
keep_ip(struct clues *c, struct str ip)
{
	if (ip.n > sizeof c->ip)
		return;
	if (ip.n > 0)
		memcpy(c->ip, ip.p, ip.n);
	c->ip_n = ip.n;
}

/* From the first `://` word on: what stands before the next space or quote. STR_NONE where there is none. */
static struct str
url_in(struct str s)
{
	static const char ends[] = " \t\"'<>`";
	ptrdiff_t at = str_find(s, STR("http"));
	size_t n = 0;

	for (; at >= 0; at = str_find(s, STR("http"))) {
		s = str_skip(s, (size_t)at);
		if (str_starts(s, STR("http://")) || str_starts(s, STR("https://")))
			break;
		s = str_skip(s, 4);
	}
	if (at < 0)
		return STR_NONE;
	while (n < s.n && memchr(ends, s.p[n], sizeof ends - 1) == NULL)
		n++;
	return str_head(s, n);
}

/* ---- curl ---- */

static void
on_trying(struct clues *c, struct str s)
{
	(void)s;
	c->tls = false;
}

/* "Connected to www.example.org (192.0.2.1) port 443", "Established connection to www.example.org (192.0.2.1 port
 * 443)". */
static void
on_connected(struct clues *c, struct str s)
{
	struct str before, ip;

	if (!str_cut(&s, '(', &before))
		return;
	str_cut(&s, ')', &ip);
	str_cut(&ip, ' ', &before);
	keep_ip(c, before.n > 0 ? before : ip);
}

static void
on_tls(struct clues *c, struct str s)
{
	(void)s;
	c->tls = true;
}

static void
on_url(struct clues *c, struct str s)
{
	struct str url = url_in(s);

	if (url.n > 0)
		keep_url(c, url);
}

/* "[HTTP/2] [1] OPENED stream for https://www.example.org/". */
static void
on_stream(struct clues *c, struct str s)
{
	if (str_find(s, STR("OPENED stream for ")) >= 0)
		on_url(c, s);
}

/* ---- wget ---- */

/* "Connecting to www.example.org (www.example.org)|192.0.2.1|:443... connected." */
static void
on_connecting(struct clues *c, struct str s)
{
	struct str before;

	if (!str_cut(&s, '|', &before) || !str_cut(&s, '|', &before))
		return;
	keep_ip(c, before);
}

static const struct {
	struct str begins;
	enum line_kind kind;
	void (*take)(struct clues *c, struct str s);
} rows[] = {
	{ STR_INIT("Trying "), LINE_NOTE, on_trying },
	{ STR_INIT("Connected to "), LINE_NOTE, on_connected },
	{ STR_INIT("Established connection to "), LINE_NOTE, on_connected },
	{ STR_INIT("SSL connection using "), LINE_NOTE, on_tls },
	{ STR_INIT("ALPN"), LINE_NOTE, on_tls },
	{ STR_INIT("TLSv1."), LINE_NOTE, on_tls },
	{ STR_INIT("[HTTP/2] "), LINE_NOTE, on_stream },
	{ STR_INIT("[HTTP/3] "), LINE_NOTE, on_stream },
	{ STR_INIT("Issue another request to this URL:"), LINE_NOTE, on_url },
	{ STR_INIT("Connecting to "), LINE_TEXT, on_connecting },
	{ STR_INIT("--"), LINE_TEXT, on_url },
};

/* ---- somebody's own lines ---- */

static bool
has_letters(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (ascii_lower(s.p[i]) >= 'a' && ascii_lower(s.p[i]) <= 'z')
			return true;
	return false;
}

/* A prompt with a command, or a URL and no other word: "$ curl -sI https://...", "== https://... ==". */
static bool
is_about_one(struct str s, struct str url)
{
	static const struct str commands[] = { STR_INIT("curl "), STR_INIT("wget "), STR_INIT("http "),
					       STR_INIT("https "), STR_INIT("xh ") };
	struct str before = str_of(s.p, (size_t)(url.p - s.p)), rest = str_skip(s, before.n + url.n);

	while (before.n > 0 && memchr("$#%> \t", before.p[0], 6) != NULL)
		before = str_skip(before, 1);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (str_starts(before, commands[i]))
			return true;
	return !has_letters(before) && !has_letters(rest);
}

void
clues_take(struct clues *c, const struct line *l)
{
	struct str url;

	if (c->loose && l->kind != LINE_NOTE) {
		c->loose = false;
		c->url_n = 0;
	}
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].kind == l->kind && str_starts(l->text, rows[i].begins)) {
			rows[i].take(c, l->text);
			return;
		}
	url = l->kind == LINE_NOTE ? STR_NONE : url_in(l->text);
	if (url.n > 0 && is_about_one(l->text, url)) {
		keep_url(c, url);
		c->loose = true;
	}
}
