#include "http/head.h"

#include "base/must.h"
#include "base/strbuf.h"
#include "http/head_impl.h"
#include "http/uri.h"

#define FIRST_CAP 32 /* what origins send fits without growing */

void
head_init(struct head *h, struct arena *a)
{
	*h = (struct head){ .arena = a };
}

void
head_use(struct head *h, struct field *table, uint32_t cap)
{
	MUST(h->cap == 0);
	h->fields = table;
	h->cap = cap;
}

bool
head_grow(struct head *h)
{
	uint32_t cap = h->cap == 0 ? FIRST_CAP : h->cap * 2;
	struct field *fields = cap > h->cap ? arena_alloc(h->arena, cap * sizeof *fields) : NULL;

	if (fields == NULL)
		return false;
	if (h->count > 0)
		memcpy(fields, h->fields, h->count * sizeof *fields);
	h->fields = fields;
	h->cap = cap;
	return true;
}

static size_t
text_size(const struct head *h)
{
	size_t n = h->method_text.n + h->target.n + h->reason.n;

	for (uint32_t i = 0; i < h->count; i++)
		n += h->fields[i].name_n + h->fields[i].value_n;
	return n;
}

static struct str
copy_str(char **at, struct str s)
{
	char *p = *at;

	*at = str_put(p, s);
	return str_of(p, s.n);
}

bool
head_copy(struct head *to, const struct head *from)
{
	char *text = arena_alloc(to->arena, text_size(from) + 1);
	struct field *table = arena_alloc(to->arena, from->count * sizeof *table + 1);

	if (text == NULL || table == NULL)
		return false;
	for (uint32_t i = 0; i < from->count; i++) {
		table[i] = from->fields[i];
		table[i].name = copy_str(&text, field_name(&from->fields[i])).p;
		table[i].value = copy_str(&text, field_value(&from->fields[i])).p;
	}
	*to = (struct head){
		.method = from->method,
		.method_text = copy_str(&text, from->method_text),
		.target = copy_str(&text, from->target),
		.status = from->status,
		.reason = copy_str(&text, from->reason),
		.minor = from->minor,
		.fields = table,
		.count = from->count,
		.cap = from->count,
		.present = { from->present[0], from->present[1] },
		.repeated = from->repeated,
		.arena = to->arena,
	};
	return true;
}

bool
head_move(struct head *to, const struct head *from, const char *was, const char *now)
{
	while (to->cap < from->count)
		if (!head_grow(to))
			return false;
	to->method = from->method;
	to->method_text = str_of(now + (from->method_text.p - was), from->method_text.n);
	to->target = str_of(now + (from->target.p - was), from->target.n);
	to->minor = from->minor;
	for (uint32_t i = 0; i < from->count; i++) {
		to->fields[i] = from->fields[i];
		to->fields[i].name = now + (from->fields[i].name - was);
		to->fields[i].value = now + (from->fields[i].value - was);
	}
	to->count = from->count;
	memcpy(to->present, from->present, sizeof to->present);
	to->repeated = from->repeated;
	return true;
}

/* ---- reading ---- */

const struct field *
head_find(const struct head *h, enum hdr id, uint32_t at)
{
	for (; at < h->count; at++)
		if (h->fields[at].id == id)
			return &h->fields[at];
	return NULL;
}

const struct field *
head_named(const struct head *h, struct str name)
{
	enum hdr id = hdr_id(name);

	if (id != HDR_OTHER)
		return head_first(h, id);
	for (uint32_t i = 0; i < h->count; i++)
		if (str_ieq(field_name(&h->fields[i]), name))
			return &h->fields[i];
	return NULL;
}

unsigned
head_count(const struct head *h, enum hdr id)
{
	unsigned n = 0;

	for (const struct field *f = head_first(h, id); f != NULL; f = head_next(h, f))
		n++;
	return n;
}

struct str
head_join(const struct head *h, enum hdr id, struct arena *a)
{
	const struct field *f = head_first(h, id);
	struct strbuf b;
	size_t room = 0;

	if (f == NULL || head_next(h, f) == NULL)
		return f == NULL ? STR_NONE : field_value(f);
	for (const struct field *g = f; g != NULL; g = head_next(h, g))
		room += g->value_n + 2;
	b = strbuf_in(a, room);
	strbuf_add(&b, field_value(f));
	while ((f = head_next(h, f)) != NULL) {
		strbuf_lit(&b, ", ");
		strbuf_add(&b, field_value(f));
	}
	return b.over ? STR_NONE : strbuf_str(&b);
}

enum fault
head_check_host(const struct head *h, struct str *host, uint16_t *port)
{
	const struct field *f = head_first(h, HDR_HOST);

	*host = STR_NONE;
	*port = 0;
	if (f == NULL)
		return h->minor == 0 ? FAULT_NONE : FAULT_NO_HOST;
	if (head_next(h, f) != NULL)
		return FAULT_TWO_HOSTS;
	return uri_parse_host(field_value(f), host, port) ? FAULT_NONE : FAULT_BAD_HOST;
}

/* ---- changing ---- */

bool
head_add(struct head *h, struct str name, struct str value)
{
	if (name.n > UINT16_MAX || value.n > UINT32_MAX || !head_room(h))
		return false;
	head_push(h, hdr_id(name), name, value);
	return true;
}

void
head_remove(struct head *h, enum hdr id)
{
	uint32_t kept = 0;

	MUST(id != HDR_OTHER);
	if (!head_has(h, id))
		return;
	for (uint32_t i = 0; i < h->count; i++)
		if (h->fields[i].id != id)
			h->fields[kept++] = h->fields[i];
	h->count = kept;
	h->present[id / 64] &= ~((uint64_t)1 << (id % 64));
}
