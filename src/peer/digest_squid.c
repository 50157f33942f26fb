#include "peer/digest_squid.h"

#include <openssl/evp.h>
#include <pthread.h>

#include "base/wire.h"

#define VERSION        5
#define VERSION_OLDEST 3
#define METHOD_BYTE    '\1' /* GET, in Squid's order of methods */
#define SET_PERCENT    65

uint32_t
digest_squid_size(uint32_t capacity, uint8_t entry_bits)
{
	uint64_t bytes = ((uint64_t)capacity * entry_bits + 7) / 8;

	return bytes <= INT32_MAX ? (uint32_t)bytes : 0; /* Squid reads it as a signed number */
}

/* ---- keys ---- */

/* Where the host ends: at its port or at the path. */
static size_t
host_end(struct str s)
{
	ptrdiff_t end;

	if (s.n > 0 && s.p[0] == '[') {
		end = str_chr(s, ']');
		return end < 0 ? s.n : (size_t)end;
	}
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == ':' || s.p[i] == '/')
			return i;
	return s.n;
}

bool
digest_squid_url(struct strbuf *out, struct str key)
{
	ptrdiff_t scheme = str_find(key, STR("://"));
	size_t host = scheme < 0 ? 0 : (size_t)scheme + 3;
	size_t end = host + host_end(str_skip(key, host)), dots = end;

	if (scheme < 0 || str_chr(key, ' ') >= 0)
		return false;
	while (dots > host && key.p[dots - 1] == '.')
		dots--;
	strbuf_add(out, str_head(key, dots));
	strbuf_add(out, str_skip(key, end));
	return true;
}

static EVP_MD *md5;

/* Once: looking it up costs more than a digest of a URL. */
static void
fetch_md5(void)
{
	md5 = EVP_MD_fetch(NULL, "MD5", NULL);
}

bool
digest_squid_key(struct digest_squid_key *k, struct str url)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	unsigned char sum[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx;
	bool ok;

	pthread_once(&once, fetch_md5);
	ctx = md5 == NULL ? NULL : EVP_MD_CTX_new();
	if (ctx == NULL)
		return false;
	ok = EVP_DigestInit_ex2(ctx, md5, NULL) && EVP_DigestUpdate(ctx, &(char){ METHOD_BYTE }, 1) &&
	     EVP_DigestUpdate(ctx, url.p, url.n) && EVP_DigestFinal_ex(ctx, sum, NULL);
	EVP_MD_CTX_free(ctx);
	for (int i = 0; ok && i < DIGEST_SQUID_HASHES; i++)
		k->word[i] = wire_get32((const char *)sum + i * 4);
	return ok;
}

void
digest_squid_bits(const struct digest_squid_key *k, uint32_t mask_size, uint64_t out[DIGEST_SQUID_HASHES])
{
	for (int i = 0; i < DIGEST_SQUID_HASHES; i++)
		out[i] = k->word[i] % ((uint64_t)mask_size * 8);
}

/* ---- block and mask ---- */

void
digest_squid_write(const struct digest_squid *d, unsigned char out[DIGEST_SQUID_BLOCK])
{
	memset(out, 0, DIGEST_SQUID_BLOCK);
	wire_put(out, VERSION, 2);
	wire_put(out + 2, VERSION_OLDEST, 2);
	wire_put(out + 4, d->capacity, 4);
	wire_put(out + 8, d->count, 4);
	wire_put(out + 16, d->mask_size, 4);
	out[20] = d->entry_bits;
	out[21] = DIGEST_SQUID_HASHES;
}

uint64_t
digest_bits_set(struct str mask)
{
	uint64_t n = 0, word;

	for (; mask.n >= sizeof word; mask = str_skip(mask, sizeof word)) {
		memcpy(&word, mask.p, sizeof word);
		n += (unsigned)__builtin_popcountll(word);
	}
	for (size_t i = 0; i < mask.n; i++)
		n += (unsigned)__builtin_popcount((unsigned char)mask.p[i]);
	return n;
}

static const char *
block_fault(struct str body, const struct digest_squid *d)
{
	uint32_t version = wire_get16(body.p), oldest = wire_get16(body.p + 2);

	if (oldest > VERSION || version < VERSION_OLDEST || oldest > version)
		return "the digest is of another version";
	if (d->capacity == 0 || d->entry_bits == 0 || d->mask_size == 0 || body.p[21] != DIGEST_SQUID_HASHES)
		return "the digest's block is malformed";
	if (d->mask_size != digest_squid_size(d->capacity, d->entry_bits))
		return "the digest's size does not agree with its capacity";
	if (body.n != DIGEST_SQUID_BLOCK + (size_t)d->mask_size)
		return "the digest's length does not agree with its size";
	return NULL;
}

const char *
digest_squid_read(struct str body, struct digest_squid *d, struct str *mask)
{
	const char *fault;

	if (body.n < DIGEST_SQUID_BLOCK)
		return "the digest is shorter than its block";
	*d = (struct digest_squid){ .capacity = wire_get32(body.p + 4),
				    .count = wire_get32(body.p + 8),
				    .mask_size = wire_get32(body.p + 16),
				    .entry_bits = (uint8_t)body.p[20] };
	fault = block_fault(body, d);
	if (fault != NULL)
		return fault;
	*mask = str_skip(body, DIGEST_SQUID_BLOCK);
	if (digest_bits_set(*mask) * 100 > (uint64_t)d->mask_size * 8 * SET_PERCENT)
		return "too many of the digest's bits are set";
	return NULL;
}
