#include "http/vary.h"

#include "http/fields.h"
#include "http/vary_impl.h"

/* How many languages or codings of a response are looked at. */
#define CONTENT_MAX 8

struct str
vary_coding(struct str s)
{
	return str_ieq(s, STR("x-gzip")) || str_ieq(s, STR("x-compress")) ? str_skip(s, 2) : s;
}

struct vary_choice
vary_choice(enum hdr id, struct str element)
{
	struct vary_choice c;

	c.value = element_value(element, &c.params);
	if (id == HDR_ACCEPT_ENCODING)
		c.value = vary_coding(c.value);
	c.q = param_qvalue(c.params);
	return c;
}

/* How a request's list weighs one language or coding. */
struct weight {
	unsigned named; /* by an element that names it; valid where `is_named` */
	unsigned star;  /* by "*"; valid where `is_star` */
	bool is_named, is_star;
	bool any;         /* has the list any element? */
	unsigned highest; /* weight in the list */
};

/* RFC 4647 3.3.1: equal, or a prefix that ends before a "-". */
static bool
range_matches(struct str range, struct str tag)
{
	return str_istarts(tag, range) && (tag.n == range.n || tag.p[range.n] == '-');
}

/* Nothing is named in a list that is too long. */
static struct weight
weigh(const struct head *request, enum hdr id, struct str wanted)
{
	struct list_walk walk = { 0 };
	struct weight w = { 0 };
	struct str element;
	unsigned count = 0;
	size_t longest = 0;

	while (list_walk(request, id, &walk, &element)) {
		struct vary_choice c = vary_choice(id, element);

		if (count++ == VARY_CHOICES_MAX)
			return (struct weight){ .any = true };
		w.any = true;
		w.highest = c.q > w.highest ? c.q : w.highest;
		if (str_eq(c.value, STR("*"))) {
			w.is_star = true;
			w.star = c.q;
		} else if (c.value.n > longest &&
			   (id == HDR_ACCEPT_LANGUAGE ? range_matches(c.value, wanted) : str_ieq(c.value, wanted))) {
			longest = c.value.n;
			w.is_named = true;
			w.named = c.q;
		}
	}
	return w;
}

/* RFC 9110 12.5.3: a coding must be listed, but for identity, which must be refused. */
static unsigned
coding_quality(const struct head *request, struct str coding)
{
	struct weight w = weigh(request, HDR_ACCEPT_ENCODING, coding);

	if (w.is_named)
		return w.named;
	return w.is_star ? w.star : str_ieq(coding, STR("identity")) ? 1000 : 0;
}

unsigned
vary_encoding_quality(const struct head *request, struct str content_encoding)
{
	unsigned worst = 1000, seen = 0;
	struct str coding;

	if (!head_has(request, HDR_ACCEPT_ENCODING))
		return 1000;
	if (content_encoding.n == 0)
		return coding_quality(request, STR("identity"));
	while (seen++ < CONTENT_MAX && list_next(&content_encoding, &coding)) {
		unsigned q = coding_quality(request, vary_coding(coding));

		worst = q < worst ? q : worst;
	}
	return content_encoding.n == 0 ? worst : 0;
}

/* Is one of `content` named by the request, with a weight that no other has more of? "*" names none: whoever takes
 * anything is to get what the origin thinks best. */
static bool
best_of(const struct head *request, enum hdr id, struct str content)
{
	unsigned seen = 0;
	struct str one;

	while (seen++ < CONTENT_MAX && list_next(&content, &one)) {
		struct weight w = weigh(request, id, id == HDR_ACCEPT_ENCODING ? vary_coding(one) : one);

		if (w.is_named && w.named > 0 && w.named == w.highest)
			return true;
	}
	return false;
}

static bool
suits(const struct head *request, struct str name, const struct vary_stored *stored)
{
	if (str_eq(name, STR("accept-language")))
		return best_of(request, HDR_ACCEPT_LANGUAGE, stored->content_language);
	if (str_eq(name, STR("accept-encoding")))
		return best_of(request, HDR_ACCEPT_ENCODING, stored->content_encoding) &&
		       vary_encoding_quality(request, stored->content_encoding) > 0;
	return false;
}

bool
vary_selects(const struct head *request, struct str values, const struct vary_stored *stored)
{
	struct str names = stored->names, theirs = stored->values;
	struct str name, mine, their;
	bool more = names.n > 0;

	while (more) {
		more = str_cut(&names, ',', &name);
		if (!str_cut(&values, '\n', &mine) || !str_cut(&theirs, '\n', &their))
			return false;
		if (!str_eq(mine, their) && !suits(request, name, stored))
			return false;
	}
	return true;
}
