#include "trail/relay_impl.h"

#include "http/fields.h"
#include "trail/chain_impl.h"

/* Writes one member. */
typedef void member_fn(struct strbuf *out, const struct trail_node *n, const struct audience *who, struct str member);

static bool
each_member(struct strbuf *out, const struct trail_node *n, const struct audience *who, struct str received,
	    member_fn *add)
{
	bool any = false;
	struct str member;

	while (list_next(&received, &member)) {
		if (!chain_is_clean(member))
			continue; /* it would swallow those behind it */
		if (any)
			strbuf_lit(out, ", ");
		any = true;
		add(out, n, who, member);
	}
	return any;
}

/* Without its quotes. What is escaped in it stays so: the tiers' own texts have no need of that. */
static struct str
unquoted(struct str s)
{
	return s.n >= 2 && s.p[0] == '"' && s.p[s.n - 1] == '"' ? str_of(s.p + 1, s.n - 2) : s;
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

/* ---- Server-Timing ---- */

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
relay_timing(struct strbuf *out, const struct trail_node *n, const struct audience *who, struct str received)
{
	return each_member(out, n, who, received, add_metric);
}

/* ---- Proxy-Status (RFC 9209) ---- */

static void
add_status(struct strbuf *out, const struct trail_node *n, const struct audience *who, struct str status)
{
	struct str params, name, value, tier = unquoted(element_value(status, &params));
	char buf[TRAIL_OPAQUE_SIZE];

	if (who->names == NAMES_PLAIN) {
		strbuf_add(out, status);
		return;
	}
	chain_write_word(out, trail_shown(n, who, tier, buf));
	while (param_next(&params, &name, &value))
		if (!str_ieq(name, STR("next-hop")) && !str_ieq(name, STR("details")))
			add_param(out, name, value);
}

bool
relay_proxy_status(struct strbuf *out, const struct trail_node *n, const struct audience *who, struct str received)
{
	return each_member(out, n, who, received, add_status);
}
