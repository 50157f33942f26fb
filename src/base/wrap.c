#include "base/wrap.h"

#include "base/utf8.h"

/* Bytes of the first character, or one where it is none, and the columns that it takes. */
static size_t
step(struct str s, size_t *columns)
{
	uint32_t code;
	size_t n = utf8_next(s, &code);

	*columns = n == 0 ? 1 : utf8_columns(code);
	return n == 0 ? 1 : n;
}

size_t
wrap_columns(struct str s)
{
	size_t all = 0, one;

	for (; s.n > 0; all += one)
		s = str_skip(s, step(s, &one));
	return all;
}

static struct str
take(struct str *text, size_t n, bool with_space)
{
	struct str line = str_head(*text, n);

	*text = str_skip(*text, with_space && n < text->n ? n + 1 : n);
	return line;
}

struct str
wrap_line(struct str *text, size_t columns)
{
	struct str rest = *text, word;
	size_t end = 0, used = 0;

	while (str_cut(&rest, ' ', &word) || word.n > 0) {
		used += wrap_columns(word) + (end > 0);
		if (end > 0 && used > columns)
			break;
		end = (size_t)(word.p - text->p) + word.n;
		if (rest.n == 0)
			break;
	}
	return take(text, end, true);
}

/* Bytes at the start that `columns` have room for; one character at least. */
static size_t
fitting(struct str s, size_t columns)
{
	size_t n = 0, used = 0, one, bytes;

	for (; n < s.n; n += bytes, used += one) {
		bytes = step(str_skip(s, n), &one);
		if (used + one > columns && n > 0)
			break;
	}
	return n;
}

struct str
wrap_cut(struct str *text, size_t columns)
{
	struct str rest = *text, line = wrap_line(&rest, columns), ahead = rest;
	size_t used = wrap_columns(line);

	if (used > columns)
		return take(text, fitting(*text, columns), false);
	if (used + 2 <= columns && rest.n > 0 && wrap_columns(wrap_line(&ahead, 1)) > columns)
		return take(text, fitting(*text, columns), false);
	*text = rest;
	return line;
}
