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
 * that can come, and each value is written to a plain pointer. says_TYPE: is there something to say? Then put_TYPE says it,
 * and returns what lies behind. */

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

static bool
says_count(uint64_t v)
{
	(void)v;
	return true;
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

static bool
says_number(int64_t v)
{
	return v != 0;
}

static char *
put_number(char *p, int64_t v)
{
	return put_integer(p, v);
}

static bool
says_word(struct str v)
{
	return v.n > 0;
}

/* A word of our own, or a token: nothing in it wants escaping. */
static char *
put_word(char *p, struct str v)
{
	*p++ = '"';
	p = str_put(p, v);
	*p++ = '"';
	return p;
}

static bool
says_text(struct str v)
{
	return v.n > 0;
}

static char *
put_text(char *p, struct str v)
{
	*p++ = '"';
	p = json_put(p, v);
	*p++ = '"';
	return p;
}

static bool
says_flag(bool v)
{
	return v;
}

static char *
put_flag(char *p, bool v)
{
	return v ? put_key(p, "true", 4) : put_key(p, "false", 5);
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

static bool
says_moment(int64_t ms)
{
	(void)ms;
	return true;
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

static bool
says_address(const union addr *a)
{
	return a != NULL && a->sa.sa_family != AF_UNSPEC;
}

static char *
put_address(char *p, const union addr *a)
{
	char text[ADDR_TEXT_SIZE];

	return put_word(p, str_of(text, addr_text(a, text)));
}

static bool
says_url(const struct record *r)
{
	return r->target.n > 0;
}

static char *
put_url(char *p, const struct record *r)
{
	*p++ = '"';
	if (log_has_origin(r)) {
		p = json_put(p, r->scheme);
		p = put_key(p, "://", 3);
		p = json_put(p, r->host);
	}
	p = json_put(p, r->target);
	*p++ = '"';
	return p;
}

static bool
says_protocol(const struct record *r)
{
	return r->method.n > 0;
}

static char *
put_protocol(char *p, const struct record *r)
{
	return put_word(p, r->minor == 0 ? STR("HTTP/1.0") : STR("HTTP/1.1"));
}

static char *
put_milli(char *p, uint64_t v)
{
	return put_places(dec_put(p, v / 1000), (unsigned)(v % 1000));
}

static bool
says_ms(int64_t ns)
{
	return ns > 0;
}

static char *
put_ms(char *p, int64_t ns)
{
	return put_milli(p, (uint64_t)ns / (NS_PER_MS / 1000));
}

/* How long it took is always told, were it no time that a clock could show. */
static bool
says_lasted(int64_t ns)
{
	(void)ns;
	return true;
}

static char *
put_lasted(char *p, int64_t ns)
{
	return put_milli(p, ns < 0 ? 0 : (uint64_t)ns / (NS_PER_MS / 1000));
}

static bool
says_seconds(const int64_t *v)
{
	return v != NULL;
}

static char *
put_seconds(char *p, const int64_t *v)
{
	return put_integer(p, *v);
}

static bool
says_ago(int64_t ms)
{
	return ms >= 0;
}

static char *
put_ago(char *p, int64_t ms)
{
	return put_milli(p, (uint64_t)ms);
}

/* A request that never waited went through its steps in one moment: there is nothing to tell then. A refresh has none. */
static bool
says_steps(const struct record *r)
{
	int64_t latest = 0;

	if (r->duration_ns < NS_PER_MS / 1000)
		return false;
	for (unsigned i = 0; i < STEP_COUNT; i++)
		latest = r->step_ns[i] > latest ? r->step_ns[i] : latest;
	return latest >= NS_PER_MS / 1000;
}

static char *
put_steps(char *p, const struct record *r)
{
	const int64_t *ns = r->step_ns;
	char *open = p;

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
		   r->content_type.n + r->referer.n + r->user_agent.n + r->details.n;

	if (r->asker != NULL)
		n += r->asker->user.n + r->asker->rule.n;
	return JSON_WORST * n;
}

void
log_json(struct strbuf *out, const struct record *r)
{
	char *line = strbuf_room(out, keys_and_numbers + texts_most(r));
	char *p = line;

	if (line == NULL)
		return;
#define LOG_FIELD(name, type, unit, value, doc)                                         \
	{                                                                               \
		__auto_type v = (value);                                                \
		if (says_##type(v))                                                     \
			p = put_##type(put_key(p, KEY(name), sizeof KEY(name) - 1), v); \
	}
#include "tbl/log_fields.def"
#undef LOG_FIELD
	*line = '{'; /* in place of the first comma */
	*p++ = '}';
	out->n += (size_t)(p - line);
}
