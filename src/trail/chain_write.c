#include "http/sf.h"
#include "trail/chain_impl.h"

static void
add_encoded(struct strbuf *out, unsigned char c)
{
	static const char hex[] = "0123456789ABCDEF";

	strbuf_char(out, '%');
	strbuf_char(out, hex[c >> 4]);
	strbuf_char(out, hex[c & 15]);
}

void
chain_write_string(struct strbuf *out, struct str text)
{
	strbuf_char(out, '"');
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c < 0x20 || c > 0x7e) {
			add_encoded(out, (unsigned char)c);
			continue;
		}
		if (c == '"' || c == '\\')
			strbuf_char(out, '\\');
		strbuf_char(out, c);
	}
	strbuf_char(out, '"');
}

void
chain_write_word(struct strbuf *out, struct str word)
{
	if (sf_is_token(word))
		strbuf_add(out, word);
	else
		chain_write_string(out, word);
}

/* For readers who may not see names. */
static void
add_item_opaque(struct strbuf *out, const struct trail_node *n, const struct chain_item *it)
{
	bool known = it->shown > 0;
	size_t behind = (size_t)it->name_at + it->name_n;
	char buf[TRAIL_OPAQUE_SIZE];

	strbuf_add(out, str_head(it->text, it->name_at));
	if (it->name_n > 0 || !known) {
		trail_opaque(n, known ? chain_item_name(it) : it->text, buf);
		strbuf_add(out, str_of(buf, sizeof buf));
	}
	if (known)
		strbuf_add(out, str_of(it->text.p + behind, it->shown - behind));
}

void
chain_write_items(struct strbuf *out, const struct chain *c, enum chain_list list, const struct trail_node *n,
		  const struct audience *who)
{
	for (unsigned i = 0; i < c->list[list].n; i++) {
		const struct chain_item *it = &c->list[list].at[i];

		if (who->names == NAMES_PLAIN)
			strbuf_add(out, it->text);
		else
			add_item_opaque(out, n, it);
		strbuf_lit(out, ", ");
	}
}

void
chain_write_members(struct strbuf *out, const struct chain *c, const struct trail_node *n, const struct audience *who)
{
	for (unsigned i = 0; i < c->member_count; i++) {
		const struct chain_member *m = &c->members[i];
		char buf[TRAIL_OPAQUE_SIZE];

		chain_write_word(out, trail_shown(n, who, m->name, buf));
		strbuf_add(out, m->open);
		if (who->history && who->extras)
			strbuf_add(out, m->extras);
		if (who->history)
			strbuf_add(out, m->history);
		strbuf_lit(out, ", ");
	}
}
