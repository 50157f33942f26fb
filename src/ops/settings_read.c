#include "ops/settings_read.h"

#include "base/must.h"
#include "base/suggest.h"
#include "ops/settings_value.h"

static const char *
kind_text(const struct settings_node *n)
{
	static const char *const texts[] = {
		[SETTINGS_NOTHING] = "nothing",
		[SETTINGS_SCALAR] = "a single value",
		[SETTINGS_LIST] = "a list",
		[SETTINGS_MAP] = "settings with names",
	};

	return texts[n->kind];
}

static void
wrong_kind(struct settings_reader *rd, struct settings_place at, const char *wanted)
{
	if (at.node->kind == SETTINGS_NOTHING)
		settings_report_error(rd->report, at, "has no value: must be %s", wanted);
	else
		settings_report_error(rd->report, at, "must be %s, not %s", wanted, kind_text(at.node));
}

/* ---- places ---- */

static struct settings_place
place(struct settings_reader *rd, const struct settings_node *n, const struct settings_path *up, struct str key,
      int index)
{
	struct settings_path *path = arena_alloc(rd->arena, sizeof *path);

	if (path == NULL)
		return (struct settings_place){ n, up };
	*path = (struct settings_path){ up, key, index };
	return (struct settings_place){ n, path };
}

struct settings_place
settings_read_item(struct settings_reader *rd, struct settings_place of, unsigned i)
{
	if (of.node->kind == SETTINGS_MAP)
		return place(rd, of.node->items[i], of.path, of.node->keys[i]->text, -1);
	return place(rd, of.node->items[i], of.path, STR_NONE, (int)i);
}

struct settings_place
settings_read_under(struct settings_reader *rd, struct settings_place map, struct str key)
{
	return place(rd, settings_tree_get(map.node, key), map.path, key, -1);
}

struct settings_place
settings_read_blame(struct settings_reader *rd, struct settings_place map, struct str key)
{
	struct settings_place at = settings_read_under(rd, map, key);

	if (at.node == NULL)
		at.node = map.node;
	return at;
}

struct settings_place
settings_read_blame_item(struct settings_reader *rd, struct settings_place map, struct str key, struct str item)
{
	struct settings_place list = settings_read_under(rd, map, key);

	for (unsigned i = 0; list.node != NULL && list.node->kind == SETTINGS_LIST && i < list.node->count; i++)
		if (list.node->items[i]->text.p == item.p)
			return settings_read_item(rd, list, i);
	return settings_read_blame(rd, map, key);
}

/* ---- lists and mappings ---- */

static unsigned
count_of(struct settings_reader *rd, struct settings_place at, enum settings_kind kind, const char *wanted)
{
	if (at.node == NULL || at.node->kind == SETTINGS_NOTHING)
		return 0;
	if (at.node->kind == kind)
		return at.node->count;
	wrong_kind(rd, at, wanted);
	return 0;
}

unsigned
settings_read_list(struct settings_reader *rd, struct settings_place list)
{
	return count_of(rd, list, SETTINGS_LIST, "a list");
}

unsigned
settings_read_map(struct settings_reader *rd, struct settings_place map)
{
	return count_of(rd, map, SETTINGS_MAP, "settings with names");
}

/* A message about a name is shown at the name, not at what stands behind it. */
static struct settings_place
key_place(struct settings_reader *rd, struct settings_place map, unsigned i)
{
	struct settings_place at = settings_read_item(rd, map, i);

	at.node = map.node->keys[i];
	return at;
}

bool
settings_read_is_double(struct settings_reader *rd, struct settings_place map, unsigned i)
{
	struct settings_node **keys = map.node->keys;

	for (unsigned j = 0; j < i; j++) {
		if (!str_eq(keys[j]->text, keys[i]->text))
			continue;
		settings_report_error(rd->report, key_place(rd, map, i), "set twice: line %u has it already",
				      keys[j]->line);
		return true;
	}
	return false;
}

/* ---- unknown keys ---- */

/* The place of a setting of that very name in another section; STR_NONE where there is none. */
static struct str
elsewhere(struct str name, struct arena *a)
{
	for (unsigned s = 0; s < SECTION_COUNT; s++) {
		struct str place = settings_rows(s)->place;

		if (settings_rows_find(s, name) != NULL)
			return arena_printf(a, "%.*s.%.*s", STR_FMT(place), STR_FMT(name));
	}
	return STR_NONE;
}

static struct str
meant(struct str name, struct str_list known, struct arena *a)
{
	struct suggest near = suggest_begin(name);

	for (unsigned i = 0; i < known.count; i++)
		suggest_offer(&near, known.items[i]);
	return near.best.p != NULL ? near.best : elsewhere(name, a);
}

void
settings_read_unknown(struct settings_reader *rd, struct settings_place map, unsigned i, struct str_list known)
{
	struct settings_place at = key_place(rd, map, i);
	struct str guess = meant(at.node->text, known, rd->arena);
	struct strbuf b;

	if (guess.p != NULL) {
		settings_report_error(rd->report, at, "unknown setting; did you mean \"%.*s\"?", STR_FMT(guess));
		return;
	}
	b = strbuf_in(rd->arena, 128);
	for (unsigned k = 0; k < known.count; k++)
		strbuf_printf(&b, "%s%.*s", k == 0 ? "" : ", ", STR_FMT(known.items[k]));
	settings_report_error(rd->report, at, "unknown setting; known here: %.*s", STR_FMT(strbuf_str(&b)));
}

static struct str_list
known_names(enum section section, const struct str_list *more, struct arena *a)
{
	const struct settings_section *s = settings_rows(section);
	unsigned extra = more == NULL ? 0 : more->count;
	struct str *names = arena_alloc(a, (s->count + extra) * sizeof *names);

	if (names == NULL)
		return (struct str_list){ NULL, 0 };
	for (unsigned i = 0; i < s->count; i++)
		names[i] = s->rows[i].name;
	for (unsigned i = 0; i < extra; i++)
		names[s->count + i] = more->items[i];
	return (struct str_list){ names, s->count + extra };
}

static bool
is_among(const struct str_list *l, struct str name)
{
	for (unsigned i = 0; l != NULL && i < l->count; i++)
		if (str_eq(l->items[i], name))
			return true;
	return false;
}

/* ---- values ---- */

static void *
field_of(void *section, const struct setting *row)
{
	return (char *)section + row->offset;
}

static void
read_scalar(struct settings_reader *rd, const struct setting *row, struct settings_place at, void *field)
{
	struct str wrong;

	if (at.node->kind != SETTINGS_SCALAR) {
		wrong_kind(rd, at, settings_value_type(row->type).p);
		return;
	}
	wrong = settings_value_parse(row, at.node->text, rd->arena, field);
	if (wrong.p != NULL)
		settings_report_error(rd->report, at, "%.*s", STR_FMT(wrong));
}

/* Each item is text, by the rules of a STRING. Wrong ones are left out. */
static void
read_items(struct settings_reader *rd, struct settings_place list, struct str_list *field)
{
	static const struct setting item = { .type = SETTING_STRING };
	unsigned count = settings_read_list(rd, list), kept = 0;
	struct str *items = arena_alloc(rd->arena, count * sizeof *items);

	if (items == NULL)
		return;
	for (unsigned i = 0; i < count; i++) {
		items[kept] = STR_NONE;
		read_scalar(rd, &item, settings_read_item(rd, list, i), &items[kept]);
		kept += items[kept].p != NULL;
	}
	*field = (struct str_list){ items, kept };
}

static void
read_value(struct settings_reader *rd, const struct setting *row, struct settings_place at, void *field)
{
	if (row->type == SETTING_LIST)
		read_items(rd, at, field);
	else
		read_scalar(rd, row, at, field);
}

/* ---- defaults ---- */

/* A list's default is its items with spaces between. */
static void
default_list(const struct setting *row, struct arena *a, struct str_list *field)
{
	struct str *items = arena_alloc(a, (row->def.n / 2 + 1) * sizeof *items);
	struct str rest = row->def;
	unsigned count = 0;

	if (items == NULL)
		return;
	while (rest.n > 0)
		str_cut(&rest, ' ', &items[count++]);
	*field = (struct str_list){ items, count };
}

static void
set_default(const struct setting *row, struct arena *a, void *field)
{
	struct str wrong = STR_NONE;

	if (row->type == SETTING_LIST)
		default_list(row, a, field);
	else if (row->def.n == 0)
		*(struct str *)field = STR(""); /* a STRING; or an ADDRESS that has to be given */
	else
		wrong = settings_value_parse(row, row->def, a, field);
	MUST(wrong.p == NULL);
}

/* ---- a section ---- */

/* The row that the mapping's i-th key is to be read by; NULL where there is none, or the key is wrong. */
static const struct setting *
row_of(struct settings_reader *rd, enum section section, struct settings_place map, unsigned i,
       const struct str_list *more)
{
	struct str key = map.node->keys[i]->text;
	const struct setting *row = settings_rows_find(section, key);

	if (row == NULL && !is_among(more, key)) {
		settings_read_unknown(rd, map, i, known_names(section, more, rd->arena));
		return NULL;
	}
	return settings_read_is_double(rd, map, i) ? NULL : row;
}

void
settings_read_section(struct settings_reader *rd, enum section section, struct settings_place map,
		      const struct str_list *more, void *out)
{
	const struct settings_section *s = settings_rows(section);
	const struct setting *row;
	unsigned count;

	for (unsigned i = 0; i < s->count; i++)
		set_default(&s->rows[i], rd->arena, field_of(out, &s->rows[i]));
	count = settings_read_map(rd, map);
	for (unsigned i = 0; i < count && !settings_report_full(rd->report); i++) {
		row = row_of(rd, section, map, i, more);
		if (row != NULL)
			read_value(rd, row, settings_read_item(rd, map, i), field_of(out, row));
	}
}
