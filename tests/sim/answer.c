#include "answer.h"

#include <stdio.h>
#include <string.h>

unsigned char
answer_byte(uint64_t rep, uint64_t at)
{
	return (unsigned char)(dice_mix(rep + at / 8) >> at % 8 * 8);
}

/* Mostly small, now and then too large for one slot, or for the store. */
uint64_t
answer_length(uint64_t rep)
{
	static const unsigned sizes[] = { 0, 1, 200, 500, 900, 1500, 3000, 5000, 20000, 60000 };
	unsigned at = (unsigned)(rep >> 20) % 64;

	return at == 0 ? 300000 : sizes[at % 10] + (sizes[at % 10] > 1 ? rep % 97 : 0);
}

/* ---- what is said ---- */

static int64_t
some_seconds(struct dice *d)
{
	return DICE_OF(d, 0, 1, 2, 5, 10, 30, 60, 300, 3600, 100000);
}

static void
say_directives(struct directives *c, struct dice *d)
{
	static const unsigned each[] = { SAYS_NO_CACHE,        SAYS_NO_STORE,         SAYS_PRIVATE,        SAYS_PUBLIC,
					 SAYS_MUST_REVALIDATE, SAYS_PROXY_REVALIDATE, SAYS_MUST_UNDERSTAND };

	*c = (struct directives){ 0, ANSWER_NONE, ANSWER_NONE, ANSWER_NONE, ANSWER_NONE };
	if (dice_percent(d, 75))
		c->max_age = some_seconds(d);
	if (dice_percent(d, 10))
		c->s_maxage = some_seconds(d);
	if (dice_percent(d, 15))
		c->swr = some_seconds(d);
	if (dice_percent(d, 15))
		c->sie = some_seconds(d);
	for (unsigned i = 0; i < sizeof each / sizeof each[0]; i++)
		if (dice_percent(d, 6))
			c->bits |= each[i];
}

static void
say_dates(struct said *s, struct dice *d, int64_t now_s)
{
	s->date = dice_percent(d, 88) ? now_s + DICE_OF(d, 0, 0, 0, 0, -2, -60, 5, 3000) : ANSWER_NONE;
	s->age = dice_percent(d, 12) ? some_seconds(d) : 0;
}

void
answer_say(struct said *s, struct dice *d, int64_t now_s, int64_t modified, bool partly)
{
	unsigned keep = partly ? dice_below(d, 256) : 255;

	*s = (struct said){ .modified = modified };
	say_dates(s, d, now_s);
	say_directives(&s->cc, d);
	if (dice_percent(d, 5))
		s->cc.bits |= SAYS_SECRET_PRIVATE;
	if (dice_percent(d, 5))
		s->cc.bits |= SAYS_SECRET_NO_CACHE;
	say_directives(&s->cdn, d);
	s->vary = dice_percent(d, 45) ? dice_below(d, VARY_ANY) : dice_percent(d, 2) ? VARY_ANY : 0;
	s->cookie = true;
	s->group = 1 + dice_below(d, 3);
	s->language = dice_below(d, 3);
	s->coding = dice_percent(d, 80) ? 0 : 1 + dice_below(d, 2);
	s->expires = dice_percent(d, 15) ? EXPIRES_BAD : EXPIRES_AT;
	s->expires_at = now_s + DICE_OF(d, -100, 0, 1, 10, 60, 3600);
	s->has = SAID_VARY | SAID_LANGUAGE | (dice_percent(d, 85) ? SAID_CC : 0) | (dice_percent(d, 7) ? SAID_CDN : 0) |
		 (dice_percent(d, 8) ? SAID_COOKIE : 0) | (dice_percent(d, 20) ? SAID_GROUPS : 0) |
		 (dice_percent(d, 70) ? SAID_MODIFIED : 0) | (dice_percent(d, 15) ? SAID_EXPIRES : 0);
	s->has &= keep;
	if (s->vary == 0)
		s->has &= ~SAID_VARY;
	if (s->language == 0)
		s->has &= ~SAID_LANGUAGE;
}

/* ---- as text ---- */

static void
word(struct text *t, const char **sep, const char *name)
{
	text_add(t, "%s%s", *sep, name);
	*sep = ", ";
}

static void
number(struct text *t, const char **sep, const char *name, int64_t v)
{
	if (v == ANSWER_NONE)
		return;
	text_add(t, "%s%s=%lld", *sep, name, (long long)v);
	*sep = ", ";
}

static void
write_directives(struct text *t, const char *field, const struct directives *c)
{
	static const struct {
		unsigned bit;
		const char *name;
	} words[] = {
		{ SAYS_NO_CACHE, "no-cache" },
		{ SAYS_NO_STORE, "no-store" },
		{ SAYS_PRIVATE, "private" },
		{ SAYS_PUBLIC, "public" },
		{ SAYS_MUST_REVALIDATE, "must-revalidate" },
		{ SAYS_PROXY_REVALIDATE, "proxy-revalidate" },
		{ SAYS_MUST_UNDERSTAND, "must-understand" },
		{ SAYS_SECRET_PRIVATE, "private=\"x-secret\"" },
		{ SAYS_SECRET_NO_CACHE, "no-cache=\"X-Secret\"" },
	};
	const char *sep = "";

	text_add(t, "%s: ", field);
	for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
		if (c->bits & words[i].bit)
			word(t, &sep, words[i].name);
	number(t, &sep, "max-age", c->max_age);
	number(t, &sep, "s-maxage", c->s_maxage);
	number(t, &sep, "stale-while-revalidate", c->swr);
	number(t, &sep, "stale-if-error", c->sie);
	word(t, &sep, "x-extension");
	text_add(t, "\r\n");
}

static void
write_vary(struct text *t, unsigned vary)
{
	static const char *const names[ASK_FIELDS] = { "Accept-Language", "accept-encoding", "X-Colour" };
	const char *sep = "Vary: ";

	for (unsigned i = 0; i < ASK_FIELDS; i++)
		if (vary >> i & 1)
			word(t, &sep, names[i]);
	if (vary & VARY_ANY)
		word(t, &sep, "*");
	text_add(t, "\r\n");
}

static void
write_said(const struct said *s, struct text *t)
{
	static const char *const languages[] = { "", "en", "fr" };

	if (s->date != ANSWER_NONE)
		text_date(t, "Date", s->date);
	if (s->age > 0)
		text_add(t, "Age: %lld\r\n", (long long)s->age);
	if (s->has & SAID_CC)
		write_directives(t, "Cache-Control", &s->cc);
	if (s->has & SAID_CDN)
		write_directives(t, "CDN-Cache-Control", &s->cdn);
	if (s->has & SAID_VARY)
		write_vary(t, s->vary);
	if (s->has & SAID_COOKIE)
		text_add(t, "Set-Cookie: a=b\r\n");
	if (s->has & SAID_GROUPS)
		text_add(t, "Cache-Groups: \"g%u\"\r\n", s->group);
	if (s->has & SAID_MODIFIED)
		text_date(t, "Last-Modified", s->modified);
	if (s->has & SAID_LANGUAGE)
		text_add(t, "Content-Language: %s\r\n", languages[s->language]);
	if (!(s->has & SAID_EXPIRES))
		return;
	if (s->expires == EXPIRES_AT)
		text_date(t, "Expires", s->expires_at);
	else
		text_add(t, "Expires: 0\r\n");
}

static void
write_place(const struct answer *a, struct text *t)
{
	static const char *const codings[] = { "", "gzip", "br" };

	if (a->kind == ANSWER_BASE)
		text_add(t, "X-Base: %u\r\n", a->id);
	else
		text_add(t, "X-Up-%u: 1\r\n", a->id);
	if (a->etag != ETAG_NONE)
		text_add(t, "ETag: %s\"%llx\"\r\n", a->etag == ETAG_WEAK ? "W/" : "", (unsigned long long)a->rep);
	if (a->kind == ANSWER_BASE && a->said.coding != 0)
		text_add(t, "Content-Encoding: %s\r\n", codings[a->said.coding]);
	if (a->status == 206)
		text_add(t, "Content-Range: bytes %llu-%llu/%llu\r\n", (unsigned long long)a->first,
			 (unsigned long long)a->last, (unsigned long long)a->length);
	if (a->located)
		text_add(t, "Content-Location: /%u\r\n", a->ask->url);
	if (a->location != 0)
		text_add(t, "Location: http://SITE.example:80/%u\r\n", a->location - 1);
	if (a->forgets != 0)
		text_add(t, "Cache-Group-Invalidation: \"g%u\"\r\n", a->forgets);
}

void
answer_write(const struct answer *a, struct text *t)
{
	text_add(t, "HTTP/1.1 %d Some Reason\r\n", a->status);
	write_place(a, t);
	write_said(&a->said, t);
	text_add(t, "X-Secret: %u\r\nX-Hop: 1\r\n", a->id);
}
