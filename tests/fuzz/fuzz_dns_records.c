/* The answer of a name server: the first byte says of which type. */
#include "fuzz.h"
#include "net/dns_records.h"

static void
check_record(const struct dns_record *r, enum dns_type type)
{
	MUST(type != DNS_A || r->addr.sa.sa_family == AF_INET);
	MUST(type != DNS_AAAA || r->addr.sa.sa_family == AF_INET6);
	MUST(type == DNS_SRV || r->target_n == 0);
	MUST(r->target_n <= DNS_TARGET_MAX && strlen(r->target) == r->target_n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA, DNS_SRV };
	enum dns_type type;
	struct dns_records *r;

	if (size == 0)
		return 0;
	type = types[data[0] % 3];
	r = dns_records_read(data + 1, size - 1, type);
	if (r == NULL)
		return 0;
	MUST(r->count <= DNS_RECORDS_MAX && (r->left_out == 0 || r->count == DNS_RECORDS_MAX));
	MUST(r->ttl_ms >= 0 && r->ttl_ms / 1000 <= INT32_MAX);
	for (unsigned i = 0; i < r->count; i++)
		check_record(&r->items[i], type);
	dns_records_tidy(r);
	MUST(dns_records_same(r, r));
	free(r);
	return 0;
}
