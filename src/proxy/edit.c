#include "proxy/edit.h"

bool
edit_any(const struct conf_edit *e)
{
	return e->set.count + e->add.count + e->remove.count > 0;
}

/* The name of a "Name: value" line. */
static struct str
name_of(struct str line)
{
	struct str name;

	str_cut(&line, ':', &name);
	return str_trim(name);
}

bool
edit_replaces(const struct conf_edit *e, struct str name)
{
	for (unsigned i = 0; i < e->set.count; i++)
		if (str_ieq(name_of(e->set.items[i]), name))
			return true;
	for (unsigned i = 0; i < e->remove.count; i++)
		if (str_ieq(e->remove.items[i], name))
			return true;
	return false;
}

static void
write_lines(const struct str_list *l, struct strbuf *b)
{
	for (unsigned i = 0; i < l->count; i++) {
		strbuf_add(b, l->items[i]);
		strbuf_lit(b, "\r\n");
	}
}

void
edit_write(const struct conf_edit *e, struct strbuf *b)
{
	write_lines(&e->set, b);
	write_lines(&e->add, b);
}

struct str
edit_lines(const struct conf_edit *e, struct str lines, struct arena *a)
{
	struct strbuf b = strbuf_in(a, lines.n + 64);
	struct str line;

	while (lines.n > 0) {
		str_cut(&lines, '\n', &line);
		if (edit_replaces(e, name_of(line)))
			continue;
		strbuf_add(&b, line);
		strbuf_char(&b, '\n');
	}
	return b.over ? STR_NONE : strbuf_str(&b);
}
