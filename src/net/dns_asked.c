#include "net/dns_asked.h"

#include "base/hash.h"
#include "base/wire.h"

#define HEADER        12
#define NAME_MAX_WIRE 255 /* RFC 1035 2.3.4 */
#define QUESTION_REST 4   /* type, class */
#define LABEL_MAX     63

void
dns_asked_init(struct dns_asked *a, int64_t patience_ns)
{
	a->patience_ns = patience_ns;
	a->blind_until_ns = 0;
	a->count = 0;
}

/* The length of a name that is written out, its end included; 0: it is malformed, or points elsewhere. */
static size_t
name_length(struct str s)
{
	size_t n = 0;

	while (n < s.n && n < NAME_MAX_WIRE) {
		unsigned label = (unsigned char)s.p[n];

		if (label > LABEL_MAX)
			return 0;
		n += 1 + label;
		if (label == 0)
			return n <= s.n && n <= NAME_MAX_WIRE ? n : 0;
	}
	return 0;
}

/* Number and only question, as one hash. Names are the same in either case (RFC 1035 2.3.3); lengths of labels are
 * below any letter. */
static bool
read_what(struct str message, uint64_t *what)
{
	char whole[2 + NAME_MAX_WIRE + QUESTION_REST], *p = whole;
	struct str question;
	size_t n;

	if (message.n < HEADER || wire_get16(message.p + 4) != 1)
		return false;
	question = str_skip(message, HEADER);
	n = name_length(question);
	if (n == 0 || question.n - n < QUESTION_REST)
		return false;
	p = str_put(p, str_head(message, 2));
	p = str_put_lower(p, str_head(question, n));
	p = str_put(p, str_head(str_skip(question, n), QUESTION_REST));
	*what = hash_plain(str_of(whole, (size_t)(p - whole))).lo;
	return true;
}

static void
take_off(struct dns_asked *a, struct dns_asked_one *one)
{
	*one = a->open[--a->count];
}

static void
forget_what_is_over(struct dns_asked *a, int64_t now_ns)
{
	for (unsigned i = a->count; i-- > 0;)
		if (a->open[i].until_ns <= now_ns)
			take_off(a, &a->open[i]);
}

static struct dns_asked_one *
find(struct dns_asked *a, uint64_t what)
{
	for (unsigned i = 0; i < a->count; i++)
		if (a->open[i].what == what)
			return &a->open[i];
	return NULL;
}

static struct dns_asked_one *
over_first(struct dns_asked *a)
{
	struct dns_asked_one *first = &a->open[0];

	for (unsigned i = 1; i < a->count; i++)
		if (a->open[i].until_ns < first->until_ns)
			first = &a->open[i];
	return first;
}

static struct dns_asked_one *
new_one(struct dns_asked *a)
{
	struct dns_asked_one *one;

	if (a->count < DNS_ASKED_MAX)
		return &a->open[a->count++];
	one = over_first(a);
	a->blind_until_ns = one->until_ns;
	return one;
}

void
dns_asked_note(struct dns_asked *a, struct str query, int64_t now_ns)
{
	struct dns_asked_one *one;
	uint64_t what;

	if (!read_what(query, &what))
		return;
	forget_what_is_over(a, now_ns);
	one = find(a, what);
	if (one == NULL)
		one = new_one(a);
	*one = (struct dns_asked_one){ what, now_ns + a->patience_ns };
}

bool
dns_asked_expects(struct dns_asked *a, struct str reply, int64_t now_ns)
{
	struct dns_asked_one *one;
	uint64_t what;

	if (!read_what(reply, &what))
		return false;
	forget_what_is_over(a, now_ns);
	one = find(a, what);
	if (one == NULL)
		return now_ns < a->blind_until_ns;
	take_off(a, one);
	return true;
}
