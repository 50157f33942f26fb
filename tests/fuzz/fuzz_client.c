/* The client's address, as a list in a head tells it. */
#include "fuzz.h"
#include "heads.h"
#include "proxy/client.h"

/* What is told is an address without a port, and a trusted one only where all that was walked past are. */
static void
check(const struct head *h, enum hdr id, const struct net_list *proxies)
{
	union addr peer, told;
	char text[ADDR_TEXT_SIZE];

	MUST(addr_parse_ip(STR("10.0.0.1"), 1, &peer));
	if (!client_told(h, id, proxies, &peer, &told))
		return;
	MUST(head_has(h, id) && addr_port(&told) == 0);
	MUST(addr_text(&told, text) > 1 && addr_parse_ip(str_c(text), 0, &told));
	MUST(addr_parse_ip(STR("192.0.2.1"), 1, &peer));
	MUST(!client_told(h, id, proxies, &peer, &told));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(1 << 20);
	struct net nets[2];
	const struct net_list proxies = { nets, 2 };
	struct head h;

	MUST(a != NULL && net_parse(STR("10.0.0.0/8"), &nets[0]) && net_parse(STR("fd00::/8"), &nets[1]));
	head_init(&h, a);
	fuzz_add_fields(&h, fuzz_str(data, size));
	check(&h, HDR_X_FORWARDED_FOR, &proxies);
	check(&h, HDR_FORWARDED, &proxies);
	arena_free(&a);
	return 0;
}
