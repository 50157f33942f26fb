#include "proxy/credentials.h"

#include <openssl/evp.h>

#include "proxy/passwords.h"

/* Decodes all of it, which ends in as much padding as it needs (RFC 4648 4). */
static bool
decode(struct str s, char out[CREDENTIALS_TEXT], size_t *n)
{
	ptrdiff_t pad = str_chr(s, '=');
	size_t padding = pad < 0 ? 0 : s.n - (size_t)pad;
	int got;

	if (s.n == 0 || s.n % 4 != 0 || s.n > CREDENTIALS_TEXT || padding > 2)
		return false;
	got = EVP_DecodeBlock((unsigned char *)out, (const unsigned char *)s.p, (int)s.n);
	if (got != (int)(s.n / 4 * 3)) /* it passes over some of what is not Base64 at the end */
		return false;
	*n = (size_t)got - padding;
	return true;
}

/* Controls are in no name (RFC 7617 2), and nothing behind a NUL would count. */
static bool
has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

enum credentials_read
credentials_read(const struct head *h, struct credentials *out)
{
	struct str rest = head_get(h, HDR_PROXY_AUTHORIZATION), scheme;
	size_t n;

	if (rest.p == NULL)
		return CREDENTIALS_NONE;
	if (!head_has_one(h, HDR_PROXY_AUTHORIZATION) || !str_cut(&rest, ' ', &scheme) ||
	    !str_ieq(scheme, STR("Basic")) || !decode(str_trim(rest), out->text, &n))
		return CREDENTIALS_BAD;
	out->password = str_of(out->text, n);
	if (has_control(out->password) || !str_cut(&out->password, ':', &out->user))
		return CREDENTIALS_BAD;
	return out->user.n > 0 && out->user.n <= CREDENTIALS_USER_MAX && out->password.n <= PASSWORD_MAX
		   ? CREDENTIALS_FINE
		   : CREDENTIALS_BAD;
}
