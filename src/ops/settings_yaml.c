#include "ops/settings_yaml.h"

#include <yaml.h>

#include "ops/settings_report.h"

/* What a configuration of any size stays far below. The bounds keep hostile files cheap: aliases can name aliases, so a
 * small file can stand for a tree without end. */
#define DEPTH_MAX 16
#define ITEMS_MAX 4096
#define NODES_MAX 100000

struct converter {
	yaml_document_t *document;
	struct arena *arena;
	struct settings_report *report;
	unsigned nodes;
};

static const struct settings_place nowhere = { NULL, NULL };

static void
complain(struct converter *c, const yaml_node_t *from, const char *what)
{
	struct settings_node at = {
		.line = (unsigned)from->start_mark.line + 1,
		.column = (unsigned)from->start_mark.column + 1,
	};

	settings_report_error(c->report, (struct settings_place){ &at, NULL }, "%s", what);
}

/* A tag of one's own asks for a meaning that is not there; the usual ones say what the node is anyway. */
static bool
tag_is_usual(const yaml_node_t *from)
{
	const char *tag = (const char *)from->tag;

	return tag == NULL || strcmp(tag, YAML_STR_TAG) == 0 || strcmp(tag, YAML_SEQ_TAG) == 0 ||
	       strcmp(tag, YAML_MAP_TAG) == 0;
}

static bool
is_nothing(const yaml_node_t *from, struct str text)
{
	return from->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (text.n == 0 || str_eq(text, STR("~")) || str_eq(text, STR("null")));
}

static bool
convert_scalar(struct converter *c, const yaml_node_t *from, struct settings_node *to)
{
	to->text = arena_str(c->arena, str_of((const char *)from->data.scalar.value, from->data.scalar.length));
	to->kind = is_nothing(from, to->text) ? SETTINGS_NOTHING : SETTINGS_SCALAR;
	return true;
}

static struct settings_node *convert(struct converter *c, int id, unsigned depth);

static bool
room_for(struct converter *c, const yaml_node_t *from, ptrdiff_t count, struct settings_node *to)
{
	if (count > ITEMS_MAX) {
		complain(c, from, "too many items: at most 4096 in one list or mapping");
		return false;
	}
	to->items = arena_alloc(c->arena, (size_t)count * sizeof *to->items);
	to->keys = arena_alloc(c->arena, (size_t)count * sizeof *to->keys);
	return to->items != NULL && to->keys != NULL;
}

static bool
convert_list(struct converter *c, const yaml_node_t *from, struct settings_node *to, unsigned depth)
{
	const yaml_node_item_t *item = from->data.sequence.items.start;
	const yaml_node_item_t *top = from->data.sequence.items.top;

	to->kind = SETTINGS_LIST;
	if (!room_for(c, from, top - item, to))
		return false;
	for (; item < top; item++) {
		to->items[to->count] = convert(c, *item, depth + 1);
		if (to->items[to->count++] == NULL)
			return false;
	}
	return true;
}

static bool
key_is_fine(struct converter *c, int id)
{
	const yaml_node_t *key = yaml_document_get_node(c->document, id);

	if (key->type != YAML_SCALAR_NODE) {
		complain(c, key, "the name of a setting must be plain text");
		return false;
	}
	if (strcmp((const char *)key->data.scalar.value, "<<") == 0) {
		complain(c, key,
			 "merge keys (<<) are not taken: write the settings out, or name a whole mapping by an alias");
		return false;
	}
	return true;
}

static bool
convert_map(struct converter *c, const yaml_node_t *from, struct settings_node *to, unsigned depth)
{
	const yaml_node_pair_t *pair = from->data.mapping.pairs.start;
	const yaml_node_pair_t *top = from->data.mapping.pairs.top;

	to->kind = SETTINGS_MAP;
	if (!room_for(c, from, top - pair, to))
		return false;
	for (; pair < top; pair++) {
		if (!key_is_fine(c, pair->key))
			continue; /* one message; the rest of the file is looked at as well */
		to->keys[to->count] = convert(c, pair->key, depth + 1);
		to->items[to->count] = convert(c, pair->value, depth + 1);
		if (to->keys[to->count] == NULL || to->items[to->count] == NULL)
			return false;
		to->count++;
	}
	return true;
}

static bool
within_bounds(struct converter *c, const yaml_node_t *from, unsigned depth)
{
	if (depth > DEPTH_MAX) {
		complain(c, from, "nested too deeply");
		return false;
	}
	if (++c->nodes > NODES_MAX) {
		complain(c, from, "too large, aliases followed");
		return false;
	}
	return true;
}

/* NULL, with a message, where a bound is passed: nothing of the tree is used then. */
static struct settings_node *
convert(struct converter *c, int id, unsigned depth)
{
	const yaml_node_t *from = yaml_document_get_node(c->document, id);
	struct settings_node *to;
	bool fine;

	if (!within_bounds(c, from, depth))
		return NULL;
	to = settings_tree_scalar(c->arena, NULL, STR_NONE);
	if (to == NULL)
		return NULL;
	to->line = (unsigned)from->start_mark.line + 1;
	to->column = (unsigned)from->start_mark.column + 1;
	if (!tag_is_usual(from))
		complain(c, from, "tags (!name) are not taken");
	if (from->type == YAML_SEQUENCE_NODE)
		fine = convert_list(c, from, to, depth);
	else if (from->type == YAML_MAPPING_NODE)
		fine = convert_map(c, from, to, depth);
	else
		fine = convert_scalar(c, from, to);
	return fine ? to : NULL;
}

/* Encoding errors have an offset and no mark. */
static void
count_lines(struct str text, size_t offset, struct settings_node *at)
{
	at->line = at->column = 1;
	for (size_t i = 0; i < offset && i < text.n; i++) {
		at->column++;
		if (text.p[i] == '\n') {
			at->line++;
			at->column = 1;
		}
	}
}

/* Does the line begin with white space that has a tab in it? libyaml's own words do not say so. */
static const char *
hint_for(struct str text, size_t line)
{
	struct str one = STR("");

	for (size_t i = 0; i <= line; i++)
		str_cut(&text, '\n', &one);
	while (one.n > 0 && one.p[0] == ' ')
		one = str_skip(one, 1);
	return one.n > 0 && one.p[0] == '\t' ? ": YAML takes no tabs for indentation" : "";
}

static void
bad_yaml(const yaml_parser_t *p, struct str text, struct settings_report *r)
{
	struct settings_node at = { .line = (unsigned)p->problem_mark.line + 1,
				    .column = (unsigned)p->problem_mark.column + 1 };
	const char *hint = "";

	if (p->problem == NULL) {
		settings_report_error(r, nowhere, "no memory to read it");
		return;
	}
	if (p->error == YAML_READER_ERROR)
		count_lines(text, p->problem_offset, &at);
	else
		hint = hint_for(text, p->problem_mark.line);
	if (p->context == NULL)
		settings_report_error(r, (struct settings_place){ &at, NULL }, "bad YAML: %s%s", p->problem, hint);
	else
		settings_report_error(r, (struct settings_place){ &at, NULL }, "bad YAML: %s, %s begun on line %zu%s",
				      p->problem, p->context, p->context_mark.line + 1, hint);
}

static struct settings_node *
convert_document(yaml_document_t *d, struct arena *a, struct settings_report *r)
{
	struct converter c = { .document = d, .arena = a, .report = r };
	struct settings_node *top;

	if (yaml_document_get_root_node(d) == NULL)
		return settings_tree_map(a, NULL);
	top = convert(&c, 1, 0); /* the first node made is the root */
	if (top == NULL || top->kind == SETTINGS_MAP)
		return top;
	if (top->kind == SETTINGS_NOTHING)
		return settings_tree_map(a, NULL);
	settings_report_error(r, (struct settings_place){ top, NULL },
			      "must be settings with names, such as \"listeners:\", not a %s",
			      top->kind == SETTINGS_LIST ? "list" : "word");
	return NULL;
}

/* Is there a document behind the first? */
static bool
ends_here(yaml_parser_t *p, struct str text, struct settings_report *r)
{
	yaml_document_t next;
	const yaml_node_t *root;

	if (!yaml_parser_load(p, &next)) {
		bad_yaml(p, text, r);
		return false;
	}
	root = yaml_document_get_root_node(&next);
	if (root != NULL) {
		struct settings_node at = { .line = (unsigned)next.start_mark.line + 1,
					    .column = (unsigned)next.start_mark.column + 1 };

		settings_report_error(r, (struct settings_place){ &at, NULL },
				      "a second document: a configuration is one alone");
	}
	yaml_document_delete(&next);
	return root == NULL;
}

struct settings_node *
settings_yaml_read(struct str text, struct arena *a, struct settings_report *r)
{
	yaml_parser_t parser;
	yaml_document_t document;
	struct settings_node *top = NULL;

	if (!yaml_parser_initialize(&parser)) {
		settings_report_error(r, nowhere, "no memory to read it");
		return NULL;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text.p, text.n);
	if (yaml_parser_load(&parser, &document)) {
		top = convert_document(&document, a, r);
		yaml_document_delete(&document);
		if (!ends_here(&parser, text, r))
			top = NULL;
	} else {
		bad_yaml(&parser, text, r);
	}
	yaml_parser_delete(&parser);
	return top;
}
