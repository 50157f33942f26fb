/* WordPress.com. */
#include "trail/dialect_impl.h"

/* X-NC: "HIT lax 249", where the number is a server's. X-AC: "3.bur _bur BYPASS", with or without a verdict. */
void
read_wordpress(struct reading *r)
{
	struct str edge = told_value(r, TOLD_X_AC), rest, node, word = first_word(told_value(r, TOLD_X_NC), &node);
	const struct word *w = words_find(&words_common, word);
	enum told t = TOLD_X_NC;
	struct found *f;

	if (w == NULL) {
		first_word(edge, &rest);
		node = first_word(rest, &rest);
		if (node.n < 2 || node.p[0] != '_')
			return;
		node = str_skip(node, 1);
		w = words_find(&words_common, rest);
		t = TOLD_X_AC;
	}
	f = found_add(r, VENDOR_WORDPRESS_COM);
	f->tier.node = node;
	found_says(f, w);
	found_shows(r, f, t, told_value(r, t));
}
