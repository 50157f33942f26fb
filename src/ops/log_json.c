/* A record as JSON, by the rows of tbl/log_fields.def. */
#include "ops/log_impl.h"

#include <time.h>

#include "base/clock.h"
#include "base/dec.h"
#include "base/json.h"
#include "net/addr.h"

static const struct str step_keys[STEP_COUNT] = {
#define STEP(id, name, what, successors) [STEP_##id] = STR_INIT(",\"" #name "\":"),
#include "tbl/steps.def"
#undef STEP
};

static struct str
collapsed_word(enum collapsed c)
{
	static const struct str words[] = {
		[COLLAPSED_NO] = STR_INIT(""),
		[COLLAPSED_YES] = STR_INIT("yes"),
		[COLLAPSED_TRIED] = STR_INIT("tried"),
	};

	return words[c];
}

static struct str
fault_word(enum fault f)
{
	return f == FAULT_NONE ? STR("") : fault_token(f);
}

/* ---- the types of fields ----
 *
 * Each writes a key, `,"name":` as the row below makes it, and a value; or nothing. A record has some twenty of them and
 * there is one record a request, so they write straight into the buffer. */

static void
put_u64(struct strbuf *out, struct str key, uint64_t v)
{
	char *p = strbuf_room(out, key.n + DEC_MAX);
	char *end;

	if (p == NULL)
		return;
	memcpy(p, key.p, key.n);
	end = dec_put(p + key.n, v);
	out->n += (size_t)(end - p);
}

static void
put_i64(struct strbuf *out, struct str key, int64_t v)
{
	if (v >= 0) {
		put_u64(out, key, (uint64_t)v);
		return;
	}
	strbuf_add(out, key);
	put_u64(out, STR("-"), 0 - (uint64_t)v);
}

/* A word of our own, or a token: nothing in it wants escaping. */
static void
put_word(struct strbuf *out, struct str key, struct str v)
{
	char *p = v.n == 0 ? NULL : strbuf_room(out, key.n + v.n + 2);

	if (p == NULL)
		return;
	memcpy(p, key.p, key.n);
	p[key.n] = '"';
	memcpy(p + key.n + 1, v.p, v.n);
	p[key.n + 1 + v.n] = '"';
	out->n += key.n + v.n + 2;
}

static void
put_text(struct strbuf *out, struct str key, struct str v)
{
	if (v.n == 0)
		return;
	strbuf_add(out, key);
	strbuf_char(out, '"');
	json_escape(out, v);
	strbuf_char(out, '"');
}

static void
put_count(struct strbuf *out, struct str key, uint64_t v)
{
	put_u64(out, key, v);
}

static void
put_number(struct strbuf *out, struct str key, int64_t v)
{
	if (v != 0)
		put_i64(out, key, v);
}

static void
put_flag(struct strbuf *out, struct str key, bool v)
{
	if (!v)
		return;
	strbuf_add(out, key);
	strbuf_lit(out, "true");
}

/* "2026-11-22T00:02:40" of a second. Lines come in the order of time, or nearly: one second's text serves many. */
static struct str
second_text(time_t second)
{
	static _Thread_local struct {
		time_t second;
		size_t n;
		char text[40];
	} last = { .second = -1 };
	struct tm tm = { 0 };

	if (second != last.second) {
		gmtime_r(&second, &tm);
		last.n = strftime(last.text, sizeof last.text, "%Y-%m-%dT%H:%M:%S", &tm);
		last.second = second;
	}
	return str_of(last.text, last.n);
}

/* The record's first field: it alone has no comma before it. */
static void
put_moment(struct strbuf *out, struct str key, int64_t ms)
{
	unsigned rest = (unsigned)(ms % MS_PER_S);
	const char tail[] = { '.', (char)('0' + rest / 100), (char)('0' + rest / 10 % 10), (char)('0' + rest % 10), 'Z', '"' };

	strbuf_add(out, str_skip(key, 1));
	strbuf_char(out, '"');
	strbuf_add(out, second_text((time_t)(ms / MS_PER_S)));
	strbuf_add(out, str_of(tail, sizeof tail));
}

static void
put_address(struct strbuf *out, struct str key, const union addr *a)
{
	char text[ADDR_TEXT_SIZE];

	if (a != NULL && a->sa.sa_family != AF_UNSPEC)
		put_word(out, key, str_of(text, addr_text(a, text)));
}

static void
put_url(struct strbuf *out, struct str key, const struct record *r)
{
	struct log_url url = log_url(r);

	if (r->target.n == 0)
		return;
	strbuf_add(out, key);
	strbuf_char(out, '"');
	for (size_t i = 0; i < sizeof url.pieces / sizeof url.pieces[0]; i++)
		json_escape(out, url.pieces[i]);
	strbuf_char(out, '"');
}

static void
put_protocol(struct strbuf *out, struct str key, const struct record *r)
{
	if (r->method.n > 0)
		put_word(out, key, r->minor == 0 ? STR("HTTP/1.0") : STR("HTTP/1.1"));
}

/* Thousandths, with three places. */
static void
put_milli(struct strbuf *out, struct str key, int64_t v)
{
	unsigned rest = (unsigned)(v % 1000);
	const char digits[] = { '.', (char)('0' + rest / 100), (char)('0' + rest / 10 % 10), (char)('0' + rest % 10) };

	put_u64(out, key, (uint64_t)v / 1000);
	strbuf_add(out, str_of(digits, sizeof digits));
}

static void
put_ms(struct strbuf *out, struct str key, int64_t ns)
{
	if (ns > 0)
		put_milli(out, key, ns / (NS_PER_MS / 1000));
}

static void
put_seconds(struct strbuf *out, struct str key, const int64_t *v)
{
	if (v != NULL)
		put_i64(out, key, *v);
}

static void
put_ago(struct strbuf *out, struct str key, int64_t ms)
{
	if (ms >= 0)
		put_milli(out, key, ms);
}

/* A request that never waited went through its steps in one moment: there is nothing to tell then. */
static void
put_steps(struct strbuf *out, struct str key, const int64_t ns[STEP_COUNT])
{
	int64_t latest = 0;
	bool comma = false;

	for (unsigned i = 0; i < STEP_COUNT; i++)
		latest = ns[i] > latest ? ns[i] : latest;
	if (latest < NS_PER_MS / 1000)
		return;
	strbuf_add(out, key);
	strbuf_char(out, '{');
	for (unsigned i = 0; i < STEP_COUNT; i++) {
		put_ms(out, str_skip(step_keys[i], !comma), ns[i]);
		comma |= ns[i] > 0;
	}
	strbuf_char(out, '}');
}

/* ---- the line ---- */

void
log_json(struct strbuf *out, const struct record *r)
{
	strbuf_char(out, '{');
#define LOG_FIELD(name, type, unit, value, doc) put_##type(out, STR(",\"" #name "\":"), value);
#include "tbl/log_fields.def"
#undef LOG_FIELD
	strbuf_char(out, '}');
}
