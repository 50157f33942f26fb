/* Headers of the PROXY protocol: in whatever pieces they come the same is read, and what was read can be written. */
#include "fuzz.h"
#include "net/proxy_protocol.h"

static bool
same(const union addr *a, const union addr *b)
{
	return (a->sa.sa_family == AF_UNSPEC && b->sa.sa_family == AF_UNSPEC) ||
	       (addr_same_ip(a, b) && addr_port(a) == addr_port(b));
}

/* A header that is good or bad is so as soon as it is whole, and before that nobody knows. */
static void
check_pieces(struct str in, enum proxy_protocol_result whole, const struct proxy_protocol *p)
{
	struct proxy_protocol part;
	size_t n = 0;

	while (n < in.n && proxy_protocol_read(str_head(in, n), &part) == PROXY_PROTOCOL_MORE)
		n++;
	MUST(proxy_protocol_read(str_head(in, n), &part) == whole);
	if (whole == PROXY_PROTOCOL_OK)
		MUST(n == p->size && part.size == p->size && same(&part.from, &p->from) && same(&part.to, &p->to));
}

/* What is told of addresses inside IPv6 that are IPv4 is told of those: so the two may turn out to be of two families. */
static void
check_writing(const struct proxy_protocol *p)
{
	union addr from = p->from, to = p->to;

	addr_unmap(&from);
	addr_unmap(&to);
	for (int v = PROXY_PROTOCOL_V1; v <= PROXY_PROTOCOL_V2; v++) {
		char text[PROXY_PROTOCOL_ROOM];
		size_t n = proxy_protocol_write(v, &p->from, &p->to, text);
		struct proxy_protocol again;

		MUST(n <= sizeof text);
		MUST(proxy_protocol_read(str_of(text, n), &again) == PROXY_PROTOCOL_OK && again.size == n);
		if (from.sa.sa_family == to.sa.sa_family)
			MUST(same(&again.from, &from) && same(&again.to, &to));
		else
			MUST(again.from.sa.sa_family == AF_UNSPEC && again.to.sa.sa_family == AF_UNSPEC);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = fuzz_str(data, size);
	struct proxy_protocol p;
	enum proxy_protocol_result result = proxy_protocol_read(in, &p);

	if (result == PROXY_PROTOCOL_OK) {
		MUST(p.size > 0 && p.size <= in.n && p.size <= PROXY_PROTOCOL_MOST);
		check_writing(&p);
	}
	if (result == PROXY_PROTOCOL_MORE)
		MUST(in.n < PROXY_PROTOCOL_MOST);
	if (size <= PROXY_PROTOCOL_MOST + 1)
		check_pieces(in, result, &p);
	return 0;
}
