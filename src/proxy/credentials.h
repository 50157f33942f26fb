/* What a request says of who sends it: Proxy-Authorization, of the scheme Basic (RFC 7617). Pure; fuzzed. */
#ifndef CAIRN_PROXY_CREDENTIALS_H
#define CAIRN_PROXY_CREDENTIALS_H

#include "http/head.h"

#define CREDENTIALS_USER_MAX 255
#define CREDENTIALS_TEXT     1024 /* what is longer is no one's password */

struct credentials {
	char text[CREDENTIALS_TEXT];
	struct str user, password; /* in it */
};

enum credentials_read {
	CREDENTIALS_NONE,
	CREDENTIALS_BAD, /* of another scheme, malformed, or too long */
	CREDENTIALS_FINE,
};

enum credentials_read credentials_read(const struct head *h, struct credentials *out);

#endif
