/* A record as JSON, by the rows of tbl/log_fields.def. */
#include "ops/log_impl.h"

#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "net/addr.h"

static const struct str step_names[STEP_COUNT] = {
#define STEP(id, name, what, successors) [STEP_##id] = STR_INIT(#name),
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

/* ---- the types of fields ---- */

static void
put_text(struct json *j, struct str name, struct str v)
{
	if (v.n > 0)
		json_text(j, name, v);
}

static void
put_count(struct json *j, struct str name, uint64_t v)
{
	json_u64(j, name, v);
}

static void
put_number(struct json *j, struct str name, int64_t v)
{
	if (v != 0)
		json_i64(j, name, v);
}

static void
put_flag(struct json *j, struct str name, bool v)
{
	if (v)
		json_bool(j, name, true);
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

static void
put_moment(struct json *j, struct str name, int64_t ms)
{
	unsigned rest = (unsigned)(ms % MS_PER_S);
	const char tail[] = { '.', (char)('0' + rest / 100), (char)('0' + rest / 10 % 10), (char)('0' + rest % 10), 'Z' };

	json_open(j, name, '"');
	strbuf_add(j->out, second_text((time_t)(ms / MS_PER_S)));
	strbuf_add(j->out, str_of(tail, sizeof tail));
	json_close(j, '"');
}

static void
put_address(struct json *j, struct str name, const union addr *a)
{
	char text[ADDR_TEXT_SIZE];

	if (a != NULL && a->sa.sa_family != AF_UNSPEC)
		json_text(j, name, str_of(text, addr_text(a, text)));
}

static void
put_url(struct json *j, struct str name, const struct record *r)
{
	struct log_url url = log_url(r);

	if (r->target.n == 0)
		return;
	json_open(j, name, '"');
	for (size_t i = 0; i < sizeof url.pieces / sizeof url.pieces[0]; i++)
		json_escape(j->out, url.pieces[i]);
	json_close(j, '"');
}

static void
put_protocol(struct json *j, struct str name, const struct record *r)
{
	if (r->method.n > 0)
		json_text(j, name, r->minor == 0 ? STR("HTTP/1.0") : STR("HTTP/1.1"));
}

static void
put_ms(struct json *j, struct str name, int64_t ns)
{
	if (ns != 0)
		json_milli(j, name, ns / (NS_PER_MS / 1000));
}

static void
put_seconds(struct json *j, struct str name, const int64_t *v)
{
	if (v != NULL)
		json_i64(j, name, *v);
}

static void
put_ago(struct json *j, struct str name, int64_t ms)
{
	if (ms >= 0)
		json_milli(j, name, ms);
}

/* A request that never waited went through its steps in one moment: there is nothing to tell then. */
static void
put_steps(struct json *j, struct str name, const int64_t ns[STEP_COUNT])
{
	int64_t latest = 0;

	for (unsigned i = 0; i < STEP_COUNT; i++)
		latest = ns[i] > latest ? ns[i] : latest;
	if (latest < NS_PER_MS / 1000)
		return;
	json_open(j, name, '{');
	for (unsigned i = 0; i < STEP_COUNT; i++)
		put_ms(j, step_names[i], ns[i]);
	json_close(j, '}');
}

/* ---- the line ---- */

void
log_json(struct strbuf *out, const struct record *r)
{
	struct json j = json_on(out);

	json_open(&j, STR_NONE, '{');
#define LOG_FIELD(name, type, unit, value, doc) put_##type(&j, STR(#name), value);
#include "tbl/log_fields.def"
#undef LOG_FIELD
	json_close(&j, '}');
}
