#include "explain/show_json.h"

static void
text_or_null(struct json *j, struct str name, struct str value)
{
	if (value.n > 0)
		json_text(j, name, value);
	else
		json_nothing(j, name);
}

static void
number_or_null(struct json *j, struct str name, int64_t value)
{
	if (value != TIER_NUMBER_NONE)
		json_i64(j, name, value);
	else
		json_nothing(j, name);
}

/* "Name: value", as it stands in a head. */
static void
put_evidence(struct json *j, const struct evidence *e)
{
	json_open(j, STR_NONE, '"');
	json_escape(j->out, e->name);
	strbuf_lit(j->out, ": ");
	json_escape(j->out, e->value);
	json_close(j, '"');
}

static void
put_tier(struct json *j, const struct tier *t)
{
	json_open(j, STR_NONE, '{');
	text_or_null(j, STR("node"), t->node);
	json_text(j, STR("vendor"), vendor_name(t->vendor));
	text_or_null(j, STR("lookup"), tier_lookup_word(t->lookup));
	text_or_null(j, STR("served"), tier_served_word(t->served));
	number_or_null(j, STR("hits"), t->hits);
	number_or_null(j, STR("ttl"), t->ttl);
	number_or_null(j, STR("age"), t->age);
	text_or_null(j, STR("miss_from"), t->miss_from);
	text_or_null(j, STR("reason"), t->reason);
	json_bool(j, STR("frozen"), t->frozen);
	json_open(j, STR("evidence"), '[');
	for (const struct evidence *e = t->evidence; e != NULL; e = e->next)
		put_evidence(j, e);
	json_close(j, ']');
	json_close(j, '}');
}

/* A remark and its paragraph: "It is stale at once. (RFC 9111 5.3)". */
static void
put_remarks(struct json *j, const struct remark *r)
{
	for (; r != NULL; r = r->next) {
		json_open(j, STR_NONE, '"');
		json_escape(j->out, r->text);
		if (r->source.n > 0) {
			strbuf_lit(j->out, " (");
			strbuf_add(j->out, r->source);
			strbuf_char(j->out, ')');
		}
		json_close(j, '"');
	}
}

static void
put_tiers(struct json *j, const struct tiers *all)
{
	json_open(j, STR("tiers"), '[');
	for (unsigned i = 0; i < all->count; i++)
		if (!all->tier[i].says_nothing)
			put_tier(j, &all->tier[i]);
	json_close(j, ']');
}

void
show_json_begin(struct json *j, struct strbuf *out)
{
	*j = json_on(out);
	json_open(j, STR_NONE, '{');
	json_u64(j, STR("version"), SHOW_JSON_VERSION);
	json_open(j, STR("responses"), '[');
}

void
show_json_story(struct json *j, const struct story *s)
{
	json_open(j, STR_NONE, '{');
	text_or_null(j, STR("url"), s->of->url);
	if (s->of->response.status != 0)
		json_i64(j, STR("status"), s->of->response.status);
	else
		json_nothing(j, STR("status"));
	put_tiers(j, &s->tiers);
	json_text(j, STR("verdict"), s->verdict);
	json_open(j, STR("notes"), '[');
	put_remarks(j, s->notes);
	put_remarks(j, s->policy);
	json_close(j, ']');
	json_open(j, STR("advice"), '[');
	put_remarks(j, s->advice);
	json_close(j, ']');
	json_close(j, '}');
}

void
show_json_stories_end(struct json *j)
{
	json_close(j, ']');
}

void
show_json_end(struct json *j)
{
	json_close(j, '}');
	strbuf_char(j->out, '\n');
}
