/* A record in the combined format, which every log analyser reads:
 *
 *     client - - [21/Nov/2026:23:10:47 +0000] "GET /path HTTP/1.1" 200 5120 "referer" "user agent"
 *
 * The time is the request's arrival, in UTC; the bytes are the body's. Escapes are nginx's, \xXX alone, so that a
 * reader that looks for the next quote finds the right one.
 */
#include "ops/log_impl.h"

#include "base/clock.h"
#include "http/date.h"

static void
escape(struct strbuf *out, struct str s)
{
	log_escape(out, s, STR("\"\\"), STR("\\x"));
}

static void
put_quoted(struct strbuf *out, struct str s)
{
	strbuf_lit(out, " \"");
	escape(out, s.n == 0 ? STR("-") : s);
	strbuf_char(out, '"');
}

/* From "Sat, 21 Nov 2026 23:10:47 GMT". */
static void
put_time(struct strbuf *out, int64_t ms)
{
	char date[DATE_SIZE];

	date_format(ms / MS_PER_S, date);
	strbuf_printf(out, "[%.2s/%.3s/%.4s:%.8s +0000]", date + 5, date + 8, date + 12, date + 17);
}

/* The request line as it came; a forward proxy's has the whole URL. */
static void
put_request(struct strbuf *out, const struct record *r)
{
	if (r->method.n == 0) {
		put_quoted(out, r->target);
		return;
	}
	strbuf_lit(out, " \"");
	escape(out, r->method);
	strbuf_char(out, ' ');
	if (r->direct && log_has_origin(r)) {
		escape(out, r->scheme);
		strbuf_lit(out, "://");
		escape(out, r->host);
	}
	escape(out, r->target);
	strbuf_printf(out, " HTTP/1.%d\"", r->minor);
}

void
log_combined(struct strbuf *out, const struct record *r)
{
	log_client(out, r);
	strbuf_lit(out, " - ");
	log_escape(out, log_user(r), STR(" \"\\"), STR("\\x"));
	strbuf_char(out, ' ');
	put_time(out, r->wall_ms);
	put_request(out, r);
	strbuf_char(out, ' ');
	log_status(out, r);
	strbuf_char(out, ' ');
	strbuf_u64(out, r->body_out);
	put_quoted(out, r->referer);
	put_quoted(out, r->user_agent);
}
