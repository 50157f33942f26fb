/* Who wrote an item of X-Cache, as far as its own form tells. */
#include "trail/dialect_impl.h"

static bool
ends_with(struct str s, struct str end)
{
	return s.n >= end.n && str_ieq(str_skip(s, s.n - end.n), end);
}

static bool
from_cloudfront(const struct reading *r, const struct item *it)
{
	(void)r;
	return it->from && str_ieq(it->host, STR("cloudfront"));
}

static bool
from_akamai(const struct reading *r, const struct item *it)
{
	(void)r;
	return it->from &&
	       (ends_with(it->host, STR(".akamaitechnologies.com")) || str_find(it->rest, STR("(AkamaiGHost")) >= 0 ||
		str_ieq(it->host, STR("child")) || str_ieq(it->host, STR("parent")));
}

static bool
from_baishan(const struct reading *r, const struct item *it)
{
	(void)r;
	return it->from && ends_with(it->rest, STR("(baishan)"));
}

static bool
from_kingsoft(const struct reading *r, const struct item *it)
{
	(void)r;
	return it->from && str_istarts(it->host, STR("KS-CLOUD"));
}

static bool
from_wangsu(const struct reading *r, const struct item *it)
{
	if (!it->from || it->host.n == 0 || (!told(r, TOLD_X_VIA) && !told(r, TOLD_X_WS_REQUEST_ID)))
		return false;
	return str_starts(it->host, STR("PS")) || str_find(told_value(r, TOLD_X_VIA), it->host) >= 0;
}

/* Its tiers name hosts, which whoever shows them likes to strip. */
static bool
from_limelight(const struct reading *r, const struct item *it)
{
	if (!it->from || it->host.n == 0)
		return it->from;
	return ends_with(it->host, STR(".llnw.net")) || told(r, TOLD_X_LLID) ||
	       (r->request != NULL && head_named(r->request, STR("X-LDebug")) != NULL);
}

/* "HIT TCP_MEM_HIT dirn:13:799953991" */
static bool
of_alibaba(const struct reading *r, const struct item *it)
{
	(void)r;
	return !it->from && str_istarts(it->rest, STR("TCP_"));
}

/* "cp3060 hit/349878", "cp4008 frontend hit (126)", "cp3066 int" */
static bool
of_wikimedia(const struct reading *r, const struct item *it)
{
	static const struct str words[] = { STR_INIT("hit"), STR_INIT("miss"), STR_INIT("pass"), STR_INIT("int"),
					    STR_INIT("frontend") };
	struct str more, word = before_char(first_word(it->rest, &more), '/');

	(void)r;
	for (size_t i = 0; i < sizeof words / sizeof *words && !it->from; i++)
		if (str_ieq(word, words[i]))
			return words_find(&words_common, it->word) == NULL;
	return false;
}

/* "HIT: 19" */
static bool
of_wpengine(const struct reading *r, const struct item *it)
{
	(void)r;
	return ends_with(it->word, STR(":")) && number_of(it->rest) != TIER_NUMBER_NONE;
}

/* "404-HIT"; "TCP_HIT from ECD (lga/0FE8)" */
static bool
of_edgecast(const struct reading *r, const struct item *it)
{
	if (it->from && (str_is(it->host, "ECD") || str_is(it->host, "ECS") || str_is(it->host, "ECAcc")))
		return true;
	if (r->server == VENDOR_EDGECAST && str_istarts(it->word, STR("TCP_")))
		return it->rest.n == 0;
	return it->rest.n == 0 && it->word.n > 4 && it->word.p[3] == '-' &&
	       number_of(str_head(it->word, 3)) != TIER_NUMBER_NONE;
}

static bool
from_apache(const struct reading *r, const struct item *it)
{
	if (!it->from)
		return false;
	return apache_detail(r, it->host).n > 0 || str_ieq(it->word, STR("REVALIDATE")) ||
	       str_ieq(it->word, STR("INVALIDATE")) ||
	       (r->server == VENDOR_APACHE_MOD_CACHE && !told(r, TOLD_X_CACHE_LOOKUP) && !hop_any(r, VENDOR_SQUID) &&
		!hop_any(r, VENDOR_CAIRN));
}

static bool
is_plain_verdict(struct str word)
{
	return str_ieq(word, STR("HIT")) || str_ieq(word, STR("MISS"));
}

static bool
from_nginx(const struct reading *r, const struct item *it)
{
	(void)r;
	return it->from && !is_plain_verdict(it->word) && !str_ieq(it->word, STR("NONE")) &&
	       words_find(&words_common, it->word) != NULL;
}

/* Cairn's and Squid's look alike; Cairn's node has said more of itself elsewhere. */
static bool
from_cairn(const struct reading *r, const struct item *it)
{
	struct found *f = it->from ? found_named(r, without_port(it->host), ORDER_X_CACHE) : NULL;

	if (f != NULL)
		return f->tier.vendor == VENDOR_CAIRN || f->tier.vendor == VENDOR_UNKNOWN;
	return it->from && (hop_free(r, VENDOR_CAIRN, without_port(it->host)) != NULL ||
			    proxy_status_names(r, without_port(it->host)));
}

static bool
from_qtt(const struct reading *r, const struct item *it)
{
	return it->from && (r->server == VENDOR_QTT_CDN || hop_any(r, VENDOR_QTT_CDN));
}

static bool
from_anybody(const struct reading *r, const struct item *it)
{
	(void)r;
	return it->from && (is_plain_verdict(it->word) || str_ieq(it->word, STR("NONE")));
}

/* "TCP_REMOTE_HIT", and words that nobody else has */
static bool
of_azure(const struct reading *r, const struct item *it)
{
	(void)r;
	return it->rest.n == 0 && (str_istarts(it->word, STR("TCP_")) || str_ieq(it->word, STR("PRIVATE_NOSTORE")) ||
				   str_ieq(it->word, STR("CONFIG_NOCACHE")) || str_ieq(it->word, STR("N/A")));
}

/* What its plugin xdebug writes. */
static bool
of_ats(const struct reading *r, const struct item *it)
{
	return it->rest.n == 0 && (hop_any(r, VENDOR_ATS) || r->server == VENDOR_ATS) &&
	       (str_ieq(it->word, STR("hit-fresh")) || str_ieq(it->word, STR("hit-stale")) ||
		str_ieq(it->word, STR("skipped")) || str_ieq(it->word, STR("none")) || str_is(it->word, "miss"));
}

/* The first that fits. What none fits is plain, or not understood. */
static const struct {
	bool (*fits)(const struct reading *r, const struct item *it);
	enum vendor vendor;
} forms[] = {
	{ from_cloudfront, VENDOR_CLOUDFRONT },
	{ from_akamai, VENDOR_AKAMAI },
	{ from_baishan, VENDOR_BAISHAN },
	{ from_kingsoft, VENDOR_KINGSOFT },
	{ from_wangsu, VENDOR_WANGSU },
	{ from_limelight, VENDOR_LIMELIGHT },
	{ of_alibaba, VENDOR_ALIBABA },
	{ of_wikimedia, VENDOR_WIKIMEDIA },
	{ of_wpengine, VENDOR_WPENGINE },
	{ of_edgecast, VENDOR_EDGECAST },
	{ from_cairn, VENDOR_CAIRN },
	{ from_apache, VENDOR_APACHE_MOD_CACHE },
	{ from_nginx, VENDOR_NGINX_DERIVED },
	{ from_qtt, VENDOR_QTT_CDN },
	{ from_anybody, VENDOR_SQUID },
	{ of_azure, VENDOR_AZURE_FRONT_DOOR },
	{ of_ats, VENDOR_ATS },
};

bool
form_of(const struct reading *r, const struct item *it, enum vendor *v)
{
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (forms[i].fits(r, it)) {
			*v = forms[i].vendor;
			return true;
		}
	return false;
}
