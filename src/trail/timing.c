#include "trail/timing_impl.h"

#include "http/fields.h"

#define US_PER_TENTH 100

/* Milliseconds with one decimal, rounded. */
static void
add_duration(struct strbuf *out, int64_t us)
{
	uint64_t tenths = us <= 0 ? 0 : ((uint64_t)us + US_PER_TENTH / 2) / US_PER_TENTH;

	strbuf_u64(out, tenths / 10);
	strbuf_char(out, '.');
	strbuf_u64(out, tenths % 10);
}

void
timing_write(struct strbuf *out, struct str self, const struct verdict *v, bool history, int64_t duration_us)
{
	strbuf_add(out, self);
	strbuf_add(out, v->hit ? STR(";desc=\"hit") : STR(";desc=\"miss"));
	if (history && v->reason != REASON_NONE) {
		strbuf_lit(out, ": ");
		strbuf_add(out, reason_token(v->reason));
	}
	strbuf_lit(out, "\";dur=");
	add_duration(out, duration_us);
}

/* ---- upstream's ---- */

/* Without the quotes, which our own texts need no unescaping behind. */
static struct str
unquoted(struct str s)
{
	return s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"' ? str_of(s.p + 1, s.n - 2) : s;
}

/* Did a Cairn node write a metric with this description: hit, miss, "hit: ..." or "miss: ..."? *word: its first word.
 */
static bool
is_cairn(struct str desc, struct str *word)
{
	desc = unquoted(desc);
	*word = str_head(desc, str_starts(desc, STR("hit")) ? 3 : 4);
	if (!str_eq(*word, STR("hit")) && !str_eq(*word, STR("miss")))
		return false;
	desc = str_skip(desc, word->n);
	return desc.n == 0 || str_starts(desc, STR(": "));
}

static void
add_param(struct strbuf *out, struct str name, struct str value)
{
	strbuf_char(out, ';');
	strbuf_add(out, name);
	if (value.p == NULL)
		return;
	strbuf_char(out, '=');
	strbuf_add(out, value);
}

static void
add_metric(struct strbuf *out, const struct trail_node *n, const struct audience *who, struct str metric)
{
	struct str params, name, value, word, desc = STR_NONE;
	struct str tier = element_value(metric, &params);
	char buf[TRAIL_OPAQUE_SIZE];

	for (struct str rest = params; param_next(&rest, &name, &value);)
		if (str_ieq(name, STR("desc")))
			desc = value;
	if (!is_cairn(desc, &word)) {
		strbuf_add(out, metric);
		return;
	}
	strbuf_add(out, trail_shown(n, who, tier, buf));
	for (struct str rest = params; param_next(&rest, &name, &value);)
		add_param(out, name, str_ieq(name, STR("desc")) && !who->history ? word : value);
}

bool
timing_write_upstream(struct strbuf *out, const struct trail_node *n, const struct audience *who, struct str received)
{
	bool any = false;
	struct str metric;

	while (list_next(&received, &metric)) {
		if (any)
			strbuf_lit(out, ", ");
		any = true;
		add_metric(out, n, who, metric);
	}
	return any;
}
