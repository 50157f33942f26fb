#include "ops/settings_report.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#define ARENA_CAP ((size_t)4 << 20)
#define TEXT_MAX  1024 /* of one message: values are quoted in part only, so this is ample */
#define KEY_MAX   64

struct message {
	struct str where; /* file:line:column, or --flag */
	struct str path;
	struct str text;
	unsigned line, column, turn; /* what they are sorted by */
	bool warning;
};

struct settings_report {
	struct arena *arena;
	const char *file;
	struct message messages[SETTINGS_REPORT_MAX];
	unsigned count;
	unsigned errors;
	unsigned warnings;
	bool left_out;
};

struct settings_report *
settings_report_new(void)
{
	struct settings_report *r = calloc(1, sizeof *r);

	if (r == NULL)
		return NULL;
	r->arena = arena_new(ARENA_CAP);
	if (r->arena == NULL) {
		free(r);
		return NULL;
	}
	return r;
}

void
settings_report_free(struct settings_report **rp)
{
	struct settings_report *r = *rp;

	if (r == NULL)
		return;
	*rp = NULL;
	arena_free(&r->arena);
	free(r);
}

void
settings_report_file(struct settings_report *r, const char *file)
{
	r->file = file;
}

static struct str
where(struct settings_report *r, const struct settings_node *n)
{
	if (n != NULL && n->flag != NULL)
		return str_c(n->flag);
	if (r->file == NULL)
		return STR("");
	if (n == NULL || n->line == 0)
		return arena_str(r->arena, str_c(r->file));
	return arena_printf(r->arena, "%s:%u:%u", r->file, n->line, n->column);
}

/* A key is the operator's text: cut short, and nothing in it may reach the terminal's own language. */
static void
write_key(struct strbuf *b, struct str key)
{
	for (size_t i = 0; i < key.n && i < KEY_MAX; i++)
		strbuf_char(b, (unsigned char)key.p[i] < 0x20 || key.p[i] == 0x7f ? '?' : key.p[i]);
}

static void
write_path(struct strbuf *b, const struct settings_path *p)
{
	if (p == NULL)
		return;
	write_path(b, p->up);
	if (p->index >= 0) {
		strbuf_printf(b, "[%d]", p->index);
		return;
	}
	if (b->n > 0)
		strbuf_char(b, '.');
	write_key(b, p->key);
}

static struct str
path_text(struct settings_report *r, struct settings_place at)
{
	struct strbuf b;

	if (at.node != NULL && at.node->flag != NULL)
		return STR("");
	b = strbuf_in(r->arena, 64);
	write_path(&b, at.path);
	return strbuf_str(&b);
}

/* For the order. What stands nowhere comes first, so that it is not overlooked; a warning about it comes last. */
static unsigned
line_of(const struct settings_node *n, bool warning)
{
	if (n != NULL && n->line > 0)
		return n->line;
	return warning ? UINT_MAX : 0;
}

static void
add(struct settings_report *r, struct settings_place at, bool warning, struct str text)
{
	if (warning)
		r->warnings++;
	else
		r->errors++;
	if (r->count == SETTINGS_REPORT_MAX) {
		r->left_out = true;
		return;
	}
	r->messages[r->count] = (struct message){
		.where = where(r, at.node),
		.path = path_text(r, at),
		.text = arena_str(r->arena, text),
		.line = line_of(at.node, warning),
		.column = at.node == NULL ? 0 : at.node->column,
		.turn = r->count,
		.warning = warning,
	};
	r->count++;
}

static struct str
formatted(char *buf, size_t size, const char *fmt, va_list ap)
{
	int n = vsnprintf(buf, size, fmt, ap);

	if (n < 0)
		return STR("");
	return str_of(buf, (size_t)n < size ? (size_t)n : size - 1);
}

void
settings_report_error(struct settings_report *r, struct settings_place at, const char *fmt, ...)
{
	char buf[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	add(r, at, false, formatted(buf, sizeof buf, fmt, ap));
	va_end(ap);
}

void
settings_report_warn(struct settings_report *r, struct settings_place at, const char *fmt, ...)
{
	char buf[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	add(r, at, true, formatted(buf, sizeof buf, fmt, ap));
	va_end(ap);
}

unsigned
settings_report_errors(const struct settings_report *r)
{
	return r->errors;
}

unsigned
settings_report_warnings(const struct settings_report *r)
{
	return r->warnings;
}

bool
settings_report_full(const struct settings_report *r)
{
	return r->count == SETTINGS_REPORT_MAX;
}

static int
order(const void *a, const void *b)
{
	const struct message *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return x->turn < y->turn ? -1 : 1;
}

/* The escapes around parts of a line; empty ones where there is no colour. */
struct paint {
	const char *place, *path, *warning, *plain;
};

static const struct paint colours = { "\033[1m", "\033[31m", "\033[33m", "\033[0m" };
static const struct paint no_colours = { "", "", "", "" };

static void
write_message(struct strbuf *out, const struct message *m, const struct paint *p)
{
	if (m->where.n > 0)
		strbuf_printf(out, "%s%.*s:%s ", p->place, STR_FMT(m->where), p->plain);
	if (m->warning)
		strbuf_printf(out, "%swarning:%s ", p->warning, p->plain);
	if (m->path.n > 0)
		strbuf_printf(out, "%s%.*s:%s ", m->warning ? p->warning : p->path, STR_FMT(m->path), p->plain);
	strbuf_add(out, m->text);
	strbuf_char(out, '\n');
}

static void
write_all(struct settings_report *r, struct strbuf *out, const struct paint *p)
{
	qsort(r->messages, r->count, sizeof r->messages[0], order);
	for (unsigned i = 0; i < r->count; i++)
		write_message(out, &r->messages[i], p);
	if (r->left_out)
		strbuf_printf(out, "more messages are left out: these are the first %d\n", SETTINGS_REPORT_MAX);
}

static bool
wants_colour(FILE *out)
{
	const char *no = getenv("NO_COLOR");

	return isatty(fileno(out)) && (no == NULL || no[0] == '\0');
}

void
settings_report_print(struct settings_report *r, FILE *out)
{
	struct strbuf b = strbuf_in(r->arena, TEXT_MAX);

	write_all(r, &b, wants_colour(out) ? &colours : &no_colours);
	fwrite(b.p, 1, b.n, out);
}

void
settings_report_text(struct settings_report *r, struct strbuf *out)
{
	write_all(r, out, &no_colours);
}
