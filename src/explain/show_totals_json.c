/* A page's totals as a member of the JSON document. */
#include "explain/show_totals.h"

static struct str
kind_word(enum totals_kind kind)
{
	static const struct str words[TOTALS_KINDS] = {
		[TOTALS_BROWSER] = STR_INIT("browser"),     [TOTALS_CACHE] = STR_INIT("cache"),
		[TOTALS_CONFIRMED] = STR_INIT("confirmed"), [TOTALS_ORIGIN] = STR_INIT("origin"),
		[TOTALS_UNTOLD] = STR_INIT("unknown"),
	};

	return words[kind];
}

/* Milliseconds, with their thousandths. */
static void
put_ms(struct json *j, struct str name, int64_t us)
{
	if (us == EXCHANGE_UNKNOWN)
		json_nothing(j, name);
	else
		json_milli(j, name, us);
}

static void
put_bytes(struct json *j, struct str name, int64_t bytes)
{
	if (bytes == EXCHANGE_UNKNOWN)
		json_nothing(j, name);
	else
		json_i64(j, name, bytes);
}

static void
put_sums(struct json *j, struct str name, const struct totals_sums *sums, bool kinds)
{
	json_open(j, name, '[');
	for (unsigned i = 0; i < sums->count; i++) {
		const struct totals_sum *sum = &sums->row[i];

		json_open(j, STR_NONE, '{');
		json_text(j, STR("name"), sum->name);
		if (kinds)
			json_text(j, STR("kind"), kind_word(sum->kind));
		json_u64(j, STR("entries"), sum->count);
		json_u64(j, STR("bytes"), sum->bytes);
		json_milli(j, STR("ms"), sum->us);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void
put_worst(struct json *j, const struct totals *t)
{
	json_open(j, STR("worst"), '[');
	for (unsigned i = 0; i < t->worst_count; i++) {
		const struct totals_miss *m = &t->worst[i];

		json_open(j, STR_NONE, '{');
		json_text(j, STR("url"), m->entry.url);
		json_i64(j, STR("status"), m->entry.status);
		put_ms(j, STR("ms"), m->entry.all_us);
		put_bytes(j, STR("bytes"), m->entry.wire_bytes);
		json_text(j, STR("why"), m->why);
		if (m->advice.n > 0)
			json_text(j, STR("advice"), m->advice);
		else
			json_nothing(j, STR("advice"));
		json_close(j, '}');
	}
	json_close(j, ']');
}

void
show_totals_json(const struct totals *t, struct json *j)
{
	json_open(j, STR("page"), '{');
	json_u64(j, STR("entries"), t->count);
	put_sums(j, STR("tiers"), &t->tiers, true);
	put_sums(j, STR("hosts"), &t->hosts, false);
	put_sums(j, STR("reasons"), &t->reasons, false);
	json_u64(j, STR("bytes_moved"), t->moved);
	json_u64(j, STR("bytes_spared"), t->spared);
	json_u64(j, STR("bytes_lost"), t->lost);
	json_milli(j, STR("ms_saved"), t->saved_us);
	json_milli(j, STR("ms_lost"), t->waited_us);
	put_worst(j, t);
	json_close(j, '}');
}
