/* Datagrams as they are sent and come, each with its length before it. One that was noted is expected once, and no
 * other. */
#include "fuzz.h"
#include "net/dns_asked.h"

#define PATIENCE_NS 1000

static struct dns_asked asked;

static bool
take(struct str *s, struct str *out)
{
	size_t n = s->n == 0 ? 0 : (unsigned char)s->p[0];

	if (s->n == 0)
		return false;
	*s = str_skip(*s, 1);
	n = n < s->n ? n : s->n;
	*out = str_head(*s, n);
	*s = str_skip(*s, n);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = fuzz_str(data, size), one;
	int64_t now = 1;

	dns_asked_init(&asked, PATIENCE_NS);
	while (take(&s, &one)) {
		unsigned before = asked.count;
		bool is_new;

		dns_asked_note(&asked, one, now);
		is_new = asked.count == before + 1;
		MUST(asked.count <= DNS_ASKED_MAX && (is_new || asked.count == before));
		if (!is_new || one.n % 2 == 0)
			continue; /* some stay */
		MUST(dns_asked_expects(&asked, one, ++now) && asked.count == before);
		MUST(!dns_asked_expects(&asked, one, now));
	}
	for (s = fuzz_str(data, size); take(&s, &one);) {
		unsigned before = asked.count;
		bool expected = dns_asked_expects(&asked, one, now);

		MUST(asked.count == before - expected);
	}
	MUST(!dns_asked_expects(&asked, fuzz_str(data, size), now + PATIENCE_NS) && asked.blind_until_ns == 0);
	return 0;
}
