/* Proxy-Authorization: what is read of it lies within bounds, and has neither controls nor a colon in the name. */
#include "heads.h"
#include "proxy/credentials.h"
#include "proxy/passwords.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new(1 << 20);
	struct credentials c;
	struct head h;

	MUST(a != NULL);
	head_init(&h, a);
	fuzz_add_values(&h, STR("proxy-authorization"), fuzz_str(data, size));
	if (credentials_read(&h, &c) == CREDENTIALS_FINE) {
		MUST(c.user.n > 0 && c.user.n <= CREDENTIALS_USER_MAX && c.password.n <= PASSWORD_MAX);
		MUST(fuzz_within(c.user, str_of(c.text, sizeof c.text)) && str_chr(c.user, ':') < 0);
		MUST(fuzz_within(c.password, str_of(c.text, sizeof c.text)));
		MUST(memchr(c.password.p, 0, c.password.n) == NULL && memchr(c.user.p, 0, c.user.n) == NULL);
	}
	(void)passwords_wrong_hash(fuzz_str(data, size));
	arena_free(&a);
	return 0;
}
