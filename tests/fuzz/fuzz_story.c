/* Stories of any headers and HARs, in every form: whatever comes in, nothing acts on a terminal and no line is too wide, JSON
 * is valid, and the totals of the entries add up. */
#include "fuzz.h"

#include <jansson.h>

#include "base/utf8.h"
#include "base/wrap.h"
#include "explain/input.h"
#include "explain/show_json.h"
#include "explain/show_markdown.h"
#include "explain/show_text.h"
#include "explain/show_totals.h"

#define ARENA_MAX ((size_t)64 << 20)
#define WIDTH     60

static const struct show_look look = { .width = WIDTH, .drawn = true };

struct run {
	struct arena *arena;
	struct totals *totals;
	size_t told;
};

static void
nothing_acts(struct str text)
{
	uint32_t code;

	for (size_t n; text.n > 0; text = str_skip(text, n)) {
		n = utf8_next(text, &code);
		MUST(n > 0 && (code == '\n' || !utf8_acts(code)));
	}
}

static void
fits(struct str text)
{
	struct str line;

	nothing_acts(text);
	while (text.n > 0) {
		str_cut(&text, '\n', &line);
		MUST(wrap_columns(line) <= WIDTH);
	}
}

static void
is_json(struct str text)
{
	json_t *value;

	nothing_acts(text);
	value = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	MUST(value != NULL);
	json_decref(value);
}

static void
on_exchange(void *arg, const struct exchange *x)
{
	struct run *r = arg;
	struct story s;
	struct strbuf out;
	struct json j;

	story_tell(x, r->arena, &s);
	MUST(s.verdict.n > 0 && s.answered_by < (int)s.tiers.count);
	out = strbuf_in(r->arena, 4096);
	show_text_story(&s, &look, r->arena, &out);
	fits(strbuf_str(&out));
	out = strbuf_in(r->arena, 4096);
	show_markdown_story(&s, &out);
	nothing_acts(strbuf_str(&out));
	out = strbuf_in(r->arena, 4096);
	show_json_begin(&j, &out);
	show_json_story(&j, &s);
	show_json_stories_end(&j);
	show_json_end(&j);
	if (!out.over)
		is_json(strbuf_str(&out));
	r->told += totals_add(r->totals, &s);
	arena_reset(r->arena);
}

static void
on_trouble(void *arg, struct str where, struct str what)
{
	(void)arg;
	nothing_acts(where);
	nothing_acts(what);
}

static void
sum_up(struct run *r)
{
	struct strbuf out = strbuf_in(r->arena, 4096);
	uint64_t by_host = 0;

	totals_end(r->totals);
	MUST(r->totals->count == r->told);
	for (unsigned i = 0; i < r->totals->hosts.count; i++)
		by_host += r->totals->hosts.row[i].count;
	MUST(by_host == r->told);
	show_totals_text(r->totals, &look, &out);
	fits(strbuf_str(&out));
	out = strbuf_in(r->arena, 4096);
	show_totals_markdown(r->totals, &out);
	nothing_acts(strbuf_str(&out));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct run r = { arena_new(ARENA_MAX), totals_new(), 0 };
	const struct input_sink sink = { &r, on_exchange, on_trouble };
	struct input *in = input_new(&sink);

	MUST(r.arena != NULL && r.totals != NULL && in != NULL);
	input_feed(in, fuzz_str(data, size));
	input_end(in);
	if (r.told > 0)
		sum_up(&r);
	input_free(&in);
	totals_free(&r.totals);
	arena_free(&r.arena);
	return 0;
}
