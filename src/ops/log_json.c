/* A record as JSON, by the rows of tbl/log_fields.def. */
#include "ops/log_impl.h"

#include <time.h>

#include "base/clock.h"
#include "base/dec.h"
#include "base/json.h"
#include "net/addr.h"

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
 * There is a line for each request, and it costs what a good part of a hit costs. So room is made once, for the worst
 * that can come, and each value is written to a plain pointer: it returns what lies behind it, and where there is
 * nothing to say the pointer as it was, which takes the key back too. */

#define KEY(name)  ",\"" #name "\":"
#define VALUE_MOST 48 /* bytes of a number, an address, a word of ours */

static const size_t keys_and_numbers =
#define LOG_FIELD(name, type, unit, value, doc) sizeof KEY(name) + VALUE_MOST +
#include "tbl/log_fields.def"
#undef LOG_FIELD
#define STEP(id, name, what, successors) sizeof KEY(name) + VALUE_MOST +
#include "tbl/steps.def"
#undef STEP
    sizeof "{}\n";

static inline char *
put_key(char *p, const char *key, size_t n)
{
	memcpy(p, key, n);
	return p + n;
}

static char *
put_count(char *p, uint64_t v)
{
	return dec_put(p, v);
}

static char *
put_integer(char *p, int64_t v)
{
	if (v < 0)
		*p++ = '-';
	return dec_put(p, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

static char *
put_number(char *p, int64_t v)
{
	return v == 0 ? p : put_integer(p, v);
}

/* A word of our own, or a token: nothing in it wants escaping. */
static char *
put_word(char *p, struct str v)
{
	if (v.n == 0)
		return p;
	*p++ = '"';
	memcpy(p, v.p, v.n);
	p += v.n;
	*p++ = '"';
	return p;
}

static char *
put_text(char *p, struct str v)
{
	if (v.n == 0)
		return p;
	*p++ = '"';
	p = json_put(p, v);
	*p++ = '"';
	return p;
}

static char *
put_flag(char *p, bool v)
{
	return v ? put_key(p, "true", 4) : p;
}

/* "2026-11-22T00:02:40" of a second. Lines come in the order of time, or nearly: one second's text serves many. */
static struct str
second_text(time_t second)
{
	static _Thread_local struct {
		time_t second;
		size_t n;
		char text[VALUE_MOST - 8];
	} last = { .second = -1 };
	struct tm tm = { 0 };

	if (second != last.second) {
		gmtime_r(&second, &tm);
		last.n = strftime(last.text, sizeof last.text, "%Y-%m-%dT%H:%M:%S", &tm);
		last.second = second;
	}
	return str_of(last.text, last.n);
}

/* `.123` */
static inline char *
put_places(char *p, unsigned thousandths)
{
	p[0] = '.';
	p[1] = (char)('0' + thousandths / 100);
	memcpy(p + 2, dec_pairs + 2 * (thousandths % 100), 2);
	return p + 4;
}

static char *
put_moment(char *p, int64_t ms)
{
	struct str text = second_text((time_t)(ms / MS_PER_S));

	*p++ = '"';
	memcpy(p, text.p, text.n);
	p = put_places(p + text.n, (unsigned)(ms % MS_PER_S));
	return put_key(p, "Z\"", 2);
}

static char *
put_address(char *p, const union addr *a)
{
	char text[ADDR_TEXT_SIZE];

	if (a == NULL || a->sa.sa_family == AF_UNSPEC)
		return p;
	return put_word(p, str_of(text, addr_text(a, text)));
}

static char *
put_url(char *p, const struct record *r)
{
	struct log_url url = log_url(r);

	if (r->target.n == 0)
		return p;
	*p++ = '"';
	for (size_t i = 0; i < sizeof url.pieces / sizeof url.pieces[0]; i++)
		p = json_put(p, url.pieces[i]);
	*p++ = '"';
	return p;
}

static char *
put_protocol(char *p, const struct record *r)
{
	if (r->method.n == 0)
		return p;
	return put_word(p, r->minor == 0 ? STR("HTTP/1.0") : STR("HTTP/1.1"));
}

static char *
put_milli(char *p, uint64_t v)
{
	return put_places(dec_put(p, v / 1000), (unsigned)(v % 1000));
}

static char *
put_ms(char *p, int64_t ns)
{
	return ns > 0 ? put_milli(p, (uint64_t)ns / (NS_PER_MS / 1000)) : p;
}

/* How long it took is always told, were it no time that a clock could show. */
static char *
put_lasted(char *p, int64_t ns)
{
	return put_milli(p, ns < 0 ? 0 : (uint64_t)ns / (NS_PER_MS / 1000));
}

static char *
put_seconds(char *p, const int64_t *v)
{
	return v == NULL ? p : put_integer(p, *v);
}

static char *
put_ago(char *p, int64_t ms)
{
	return ms < 0 ? p : put_milli(p, (uint64_t)ms);
}

/* A request that never waited went through its steps in one moment: there is nothing to tell then. */
static char *
put_steps(char *p, const int64_t ns[STEP_COUNT])
{
	int64_t latest = 0;
	char *open = p;

	for (unsigned i = 0; i < STEP_COUNT; i++)
		latest = ns[i] > latest ? ns[i] : latest;
	if (latest < NS_PER_MS / 1000)
		return p;
#define STEP(id, name, what, successors) \
	if (ns[STEP_##id] > 0)           \
		p = put_ms(put_key(p, KEY(name), sizeof KEY(name) - 1), ns[STEP_##id]);
#include "tbl/steps.def"
#undef STEP
	*open = '{'; /* in place of the first comma */
	*p++ = '}';
	return p;
}

/* ---- the line ---- */

/* What the texts can come to. */
static size_t
texts_most(const struct record *r)
{
	size_t n = r->method.n + r->scheme.n + r->host.n + r->target.n + r->upstream_group.n + r->upstream_member.n +
		   r->content_type.n + r->referer.n + r->user_agent.n;

	return JSON_WORST * n;
}

void
log_json(struct strbuf *out, const struct record *r)
{
	char *line = strbuf_room(out, keys_and_numbers + texts_most(r));
	char *p = line, *value_at;

	if (line == NULL)
		return;
#define LOG_FIELD(name, type, unit, value, doc)                 \
	value_at = put_key(p, KEY(name), sizeof KEY(name) - 1); \
	{                                                       \
		char *behind = put_##type(value_at, value);     \
		p = behind == value_at ? p : behind;            \
	}
#include "tbl/log_fields.def"
#undef LOG_FIELD
	*line = '{'; /* in place of the first comma */
	*p++ = '}';
	out->n += (size_t)(p - line);
}
