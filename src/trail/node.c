#include "trail/node.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/hash.h"

#define NAME_MAX_SIZE 253 /* bytes, as of a name in the DNS */
#define DIGEST_SIZE   32  /* SHA-256's */

_Static_assert(TRAIL_KEY_SIZE == DIGEST_SIZE, "the key is a digest");

/* ---- names ---- */

static bool
alnum(char c)
{
	return ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

static bool
is_opaque(struct str name)
{
	if (name.n != TRAIL_OPAQUE_SIZE || name.p[0] != 'n' || name.p[1] != '-')
		return false;
	for (size_t i = 2; i < name.n; i++)
		if (!ascii_digit(name.p[i]) && (name.p[i] < 'a' || name.p[i] > 'f'))
			return false;
	return true;
}

bool
trail_name_valid(struct str name)
{
	if (name.n == 0 || name.n > NAME_MAX_SIZE || !alnum(name.p[0]) || is_opaque(name))
		return false;
	for (size_t i = 1; i < name.n; i++)
		if (!alnum(name.p[i]) && name.p[i] != '.' && name.p[i] != '_' && name.p[i] != '-')
			return false;
	return true;
}

/* ---- the keyed hash: docs/decisions/009-opaque-names.md says why this one ---- */

/* False where libcrypto fails: it may run out of memory. */
static bool
keyed_digest(struct str key, struct str text, unsigned char out[DIGEST_SIZE])
{
	static const char none[] = "";
	unsigned n = 0;

	return HMAC(EVP_sha256(), key.n == 0 ? none : key.p, (int)key.n, (const unsigned char *)text.p, text.n, out,
		    &n) != NULL &&
	       n == DIGEST_SIZE;
}

/* A name that could not be hashed is not shown: its place is. */
static void
hash_name(const struct trail_node *n, struct str name, char out[TRAIL_OPAQUE_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	unsigned char digest[DIGEST_SIZE];

	if (!keyed_digest(str_of((const char *)n->key, sizeof n->key), name, digest))
		memset(digest, 0, sizeof digest);
	out[0] = 'n';
	out[1] = '-';
	for (int i = 0; i < 4; i++) {
		out[2 + 2 * i] = hex[digest[i] >> 4];
		out[3 + 2 * i] = hex[digest[i] & 15];
	}
}

/* ---- what a thread remembers: the few names that tiers have ---- */

#define MEMO_SLOTS 64
#define MEMO_NAME  63 /* longer names are hashed each time */

struct memo {
	unsigned char key[TRAIL_KEY_SIZE];
	uint8_t n; /* 0: free */
	char name[MEMO_NAME];
	char opaque[TRAIL_OPAQUE_SIZE];
};

static _Thread_local struct memo memos[MEMO_SLOTS];

static bool
remembers(const struct memo *m, const struct trail_node *n, struct str name)
{
	return str_eq(str_of(m->name, m->n), name) && memcmp(m->key, n->key, sizeof m->key) == 0;
}

static void
remember(struct memo *m, const struct trail_node *n, struct str name)
{
	memcpy(m->key, n->key, sizeof m->key);
	memcpy(m->name, name.p, name.n);
	m->n = (uint8_t)name.n;
	hash_name(n, name, m->opaque);
}

void
trail_opaque(const struct trail_node *n, struct str name, char out[TRAIL_OPAQUE_SIZE])
{
	struct memo *m;

	if (is_opaque(name)) {
		memcpy(out, name.p, TRAIL_OPAQUE_SIZE);
		return;
	}
	if (name.n == 0 || name.n > MEMO_NAME) {
		hash_name(n, name, out);
		return;
	}
	m = &memos[hash_plain(name).lo % MEMO_SLOTS];
	if (!remembers(m, n, name))
		remember(m, n, name);
	memcpy(out, m->opaque, TRAIL_OPAQUE_SIZE);
}

/* ---- the node ---- */

bool
trail_node_init(struct trail_node *n, struct arena *a, struct str name, struct str secret, uint64_t instance)
{
	*n = (struct trail_node){ .instance = instance };
	for (int i = 0; i < TRAIL_INSTANCE_SIZE; i++)
		n->instance_hex[i] = "0123456789abcdef"[instance >> (60 - 4 * i) & 15];
	n->fields = (struct trail_fields){ .x_cache = true,
					   .x_cache_lookup = true,
					   .x_cache_hits = true,
					   .x_cache_miss_from = true,
					   .cache_status = true,
					   .proxy_status = true };
	if (!trail_name_valid(name))
		return false;
	/* A key of its own, so that the secret may serve other purposes, and be of any length. */
	if (!keyed_digest(secret, STR("cairn opaque names"), n->key))
		return false;
	n->name = arena_str(a, name);
	hash_name(n, name, n->opaque);
	return n->name.p != NULL;
}

struct str
trail_shown(const struct trail_node *n, const struct audience *who, struct str name, char buf[TRAIL_OPAQUE_SIZE])
{
	switch (who->names) {
	case NAMES_PLAIN:
		return name;
	case NAMES_OPAQUE:
		trail_opaque(n, name, buf);
		return str_of(buf, TRAIL_OPAQUE_SIZE);
	case NAMES_OFF:
		break;
	}
	return STR("cairn");
}

struct str
trail_shown_self(const struct trail_node *n, const struct audience *who)
{
	switch (who->names) {
	case NAMES_PLAIN:
		return n->name;
	case NAMES_OPAQUE:
		return str_of(n->opaque, TRAIL_OPAQUE_SIZE);
	case NAMES_OFF:
		break;
	}
	return STR("cairn");
}
