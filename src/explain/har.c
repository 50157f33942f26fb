#include "explain/har.h"

#include <stdlib.h>

#include "base/must.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "explain/har_impl.h"
#include "explain/har_json.h"

#define NAME_MOST 64 /* of the program that wrote the file, bytes that are kept */

struct har {
	struct input_sink sink;
	struct har_json *json;
	struct draft draft;
	struct har_facts facts;
	char creator[NAME_MOST];
	uint64_t entries;
	bool ended, told_text;
	const struct har_row *row; /* what the key means whose value comes next; NULL: there is no key, as in arrays */
	unsigned depth;
	uint8_t places[HAR_JSON_DEEP + 1]; /* enum har_place */
};

/* ---- what is told ---- */

static void
trouble(struct har *h, struct str what)
{
	char text[96];
	struct strbuf where = strbuf_fixed(text, sizeof text);

	if (h->entries > 0)
		strbuf_printf(&where, "entry %llu, ", (unsigned long long)h->entries);
	if (har_json_line(h->json) > 1)
		strbuf_printf(&where, "line %llu, ", (unsigned long long)har_json_line(h->json));
	strbuf_printf(&where, "byte %llu", (unsigned long long)har_json_byte(h->json));
	h->sink.trouble(h->sink.arg, strbuf_str(&where), what);
}

static enum har_place
place(const struct har *h)
{
	return (enum har_place)h->places[h->depth];
}

/* ---- entries ---- */

static void
begin_entry(struct har *h)
{
	draft_reset(&h->draft);
	har_forget(&h->facts);
	h->told_text = false;
}

static void
end_entry(struct har *h)
{
	struct draft *d = &h->draft;

	if (d->full)
		trouble(h, STR("an entry of more than 8 MiB; what is beyond is left out"));
	har_conclude(&h->facts, d);
	if (draft_is_passing(d))
		return;
	d->x.of_page = true;
	d->x.from = arena_printf(d->a, "entry %llu", (unsigned long long)h->entries);
	h->sink.exchange(h->sink.arg, &d->x);
}

/* Lines of one name may be joined by newlines. */
static void
end_field(struct har *h)
{
	struct str name = str_trim(h->facts.name), value = h->facts.value, line;
	bool more = true;

	h->facts.name = h->facts.value = STR_NONE;
	if (name.n > DRAFT_FIELD || value.n > DRAFT_FIELD) {
		trouble(h, STR("a field of 64 KiB or more, which is left out"));
		return;
	}
	if (!h->told_text && (utf8_span(name) < name.n || utf8_span(value) < value.n)) {
		trouble(h, STR("a field that is not UTF-8; read as it stands"));
		h->told_text = true;
	}
	while (more) {
		more = str_cut(&value, '\n', &line);
		draft_field(&h->draft, name, str_trim(line));
	}
}

/* The root is an entry's place where the file is an entry alone, or a copied head. */
static void
end_root(struct har *h)
{
	if (h->entries > 0 || h->draft.x.response.count == 0)
		return;
	h->entries = 1;
	end_entry(h);
}

/* The last of two heads under one name counts. */
static void
begin_fields(struct har *h, struct head *head)
{
	h->draft.head = head;
	head_init(head, h->draft.a);
	head->minor = 1;
}

/* ---- what the parser tells ---- */

static void
on_key(void *arg, struct str key)
{
	struct har *h = arg;

	h->row = har_row(place(h), key);
}

static void
enter(struct har *h, enum har_place into)
{
	switch (into) {
	case HAR_ENTRY:
		h->entries++;
		begin_entry(h);
		break;
	case HAR_REQUEST:
		begin_fields(h, &h->draft.x.request);
		break;
	case HAR_RESPONSE:
		begin_fields(h, &h->draft.x.response);
		break;
	case HAR_CACHED:
		h->facts.cached = true;
		break;
	default:
		break;
	}
}

static void
on_open(void *arg)
{
	struct har *h = arg;
	const struct har_row *row = h->row != NULL ? h->row : har_row(place(h), STR(""));
	enum har_place into = h->depth == 0 ? HAR_ROOT : row->into;

	enter(h, into);
	h->places[++h->depth] = (uint8_t)into;
	h->row = NULL;
}

/* The creator's name outlives the entries, each of which empties the arena. */
static void
keep_creator(struct har *h)
{
	struct str name = str_head(h->facts.creator, NAME_MOST);

	if (name.n > 0)
		memcpy(h->creator, name.p, name.n);
	h->facts.creator = str_of(h->creator, name.n);
}

static void
on_close(void *arg)
{
	struct har *h = arg;

	switch (place(h)) {
	case HAR_FIELD:
		end_field(h);
		break;
	case HAR_CREATOR:
		keep_creator(h);
		break;
	case HAR_ENTRY:
		end_entry(h);
		break;
	case HAR_ROOT:
		end_root(h);
		break;
	default:
		break;
	}
	h->depth--;
	h->row = NULL;
}

static void
on_value(void *arg, struct str value)
{
	struct har *h = arg;

	if (h->row != NULL)
		har_keep(h->row, value, &h->facts, &h->draft);
	h->row = NULL;
}

/* ---- the reader ---- */

struct har *
har_new(const struct input_sink *sink)
{
	static const struct har_json_ops ops = { on_open, on_close, on_key, on_value };
	struct har *h = calloc(1, sizeof *h);

	if (h == NULL)
		return NULL;
	h->sink = *sink;
	h->json = har_json_new(&ops, h);
	if (h->json == NULL || !draft_init(&h->draft)) {
		har_free(&h);
		return NULL;
	}
	har_forget(&h->facts);
	return h;
}

void
har_free(struct har **hp)
{
	struct har *h = *hp;

	if (h == NULL)
		return;
	*hp = NULL;
	har_json_free(&h->json);
	draft_fini(&h->draft);
	free(h);
}

static void
stop(struct har *h)
{
	trouble(h, har_json_why(h->json));
	h->ended = true;
}

void
har_feed(struct har *h, struct str bytes)
{
	if (!h->ended && !har_json_feed(h->json, bytes))
		stop(h);
}

void
har_end(struct har *h)
{
	if (!h->ended && !har_json_end(h->json))
		stop(h);
	else if (!h->ended && h->entries == 0)
		trouble(h, STR("JSON without the entries of a HAR"));
	h->ended = true;
}
