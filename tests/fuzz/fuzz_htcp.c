/* HTCP datagrams. What is read lies within the datagram; written and read again it is the same. */
#include "fuzz.h"
#include "peer/htcp.h"

static bool
same(const struct htcp *a, const struct htcp *b)
{
	return a->minor == b->minor && a->opcode == b->opcode && a->answers == b->answers && a->wants == b->wants &&
	       a->overall == b->overall && a->response == b->response && a->id == b->id && a->reason == b->reason &&
	       str_eq(a->method, b->method) && str_eq(a->uri, b->uri) && str_eq(a->version, b->version) &&
	       str_eq(a->fields, b->fields) && str_eq(a->response_fields, b->response_fields) &&
	       str_eq(a->entity_fields, b->entity_fields) && str_eq(a->cache_fields, b->cache_fields);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = fuzz_str(data, size);
	char out[HTCP_MAX];
	struct htcp m, again;
	size_t n;

	if (!htcp_read(s, &m))
		return 0;
	MUST(fuzz_within(m.method, s) && fuzz_within(m.uri, s) && fuzz_within(m.version, s));
	MUST(fuzz_within(m.fields, s) && fuzz_within(m.response_fields, s));
	MUST(fuzz_within(m.entity_fields, s) && fuzz_within(m.cache_fields, s));
	n = htcp_write(&m, out, sizeof out);
	if (n == 0) /* an RFC's miss, which we write longer, may not fit */
		return 0;
	MUST(htcp_read(str_of(out, n), &again) && same(&m, &again));
	return 0;
}
